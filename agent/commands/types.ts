// agent/commands: what this room needs from others, by shape. Types only.
import type { Command, Guard, Reply } from '../../contract/index.ts';

/** The best clock the box has. */
export interface CommandClock {
  /** UTC epoch ms, as good as `quality` says */
  wall(): number;
  /** ms since this machine was booted; never goes back */
  mono(): number;
  quality(): Reply['clock'];
}

/** What guards are held against. */
export interface Facts {
  readonly boot: string;
  readonly version: string;
  /** versions of the profiles in force */
  profiles(): readonly string[];
  /** whether this box holds the case, and how far it has come; null: it knows no such case */
  caseState(id: string): NonNullable<Guard['case']>['state'] | null;
}

/** Something a handler has made, kept until its command has ended: so that a second try goes on instead of anew. */
export interface Draft {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface HandlerContext {
  /** fires when the command has run too long, or the box ends */
  readonly signal: AbortSignal;
  /** what an earlier try has kept */
  draft(): Draft | null;
  /** On disk when this returns; replaces what was kept. @throws KerbError COMMANDS_DB_FAILED */
  keep(draft: Draft): void;
}

/**
 * Does what one kind of command asks; its parameters have passed the contract. It may be killed anywhere and is then
 * called again with the same command, so doing it twice must be as good as once.
 * @returns the reply's result
 * @throws Refusal where this box will not; anything else is a failure
 */
export type Handler = (command: Command, context: HandlerContext) => Promise<Record<string, unknown>>;

/** This box will not do it. */
export class Refusal extends Error {}
