// flows/nodes: what several nodes do alike: filters, the sign of the link, words of an error.
import { oneLine } from '../../contract/errors.ts';
import { type FlowLink, getLink, type LinkEvents } from './link.ts';
import type { NodeConfig, Red, RedNode } from './red.ts';

/** A text of the node's configuration, trimmed. */
export function textOf(config: NodeConfig, key: string): string {
  const value = config[key];
  return typeof value === 'string' ? value.trim().slice(0, 200) : '';
}

/** Whether a thing passes a node's filter: codes as a list of beginnings ("1301, 14"), a zone by its exact id. */
export function filterOf(config: NodeConfig): (thing: { code: string; zone: string }) => boolean {
  const codes = textOf(config, 'code')
    .split(/[\s,]+/)
    .filter((code) => code !== '');
  const zone = textOf(config, 'zone');
  return (thing) =>
    (codes.length === 0 || codes.some((code) => thing.code.startsWith(code))) && (zone === '' || thing.zone === zone);
}

/** Subscribes for as long as the node lives. */
export function listen<K extends keyof LinkEvents>(
  node: RedNode,
  name: K,
  run: (...args: LinkEvents[K]) => void,
): FlowLink {
  const link = getLink();
  const on = run as (...args: unknown[]) => void;
  link.on(name as 'up', on);
  node.on('close', (_, done) => {
    link.off(name as 'up', on);
    done();
  });
  return link;
}

/** Shows on the node whether the agent is there. */
export function showLink(red: Red, node: RedNode): void {
  const show = () => {
    node.status(
      getLink().up
        ? { fill: 'green', shape: 'ring', text: red._('kerb.ready') }
        : { fill: 'grey', shape: 'ring', text: red._('kerb.noLink') },
    );
  };
  listen(node, 'up', show);
  listen(node, 'down', show);
  show();
}

/** Shows a refusal with its reason. */
export function showFault(node: RedNode, error: unknown): Error {
  node.status({ fill: 'red', shape: 'dot', text: oneLine(error).slice(0, 80) });
  return error instanceof Error ? error : new Error(oneLine(error));
}
