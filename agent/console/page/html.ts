// agent/console page: the template tag of the whole page. In: templates. Out: Preact elements.
import htm from 'htm';
import { h, type VNode } from 'preact';

/** What a view gives back. */
export type Node = VNode | string | number | null | false | readonly Node[];

export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
