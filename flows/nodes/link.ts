// flows/nodes: what the nodes know of the box: one link to the agent, given to them by the runtime (or by a test).
import type { EventEmitter } from 'node:events';
import type { KerbEvent } from '../../contract/case.ts';
import type { FlowCase, LocalCase, LocalReply, LocalSnapshot } from '../../contract/local.ts';
import type { TelemetryPoint } from '../../contract/telemetry.ts';

/** What the link tells; `open` comes after each change of the set of open cases, also the first. */
export interface LinkEvents {
  event: [KerbEvent];
  case: [LocalCase];
  open: [ReadonlyMap<string, LocalCase>];
  telemetry: [TelemetryPoint];
  up: [];
  down: [];
  /** an order for the runtime, not for nodes */
  editor: [what: 'open' | 'close', payload: unknown];
}

export interface FlowLink extends EventEmitter<LinkEvents> {
  readonly up: boolean;
  /** whether the agent has said yet which cases are open */
  readonly known: boolean;
  /** cases that are open now, by id */
  readonly open: ReadonlyMap<string, LocalCase>;
  /** Each asks the agent and waits for its answer. @throws Error: no link, too many, no answer, or the agent's reason */
  setLine(line: string, on: boolean): Promise<LocalReply>;
  makeCase(draft: Omit<FlowCase, 'v' | 'request'>): Promise<LocalReply>;
  snapshot(camera?: string): Promise<LocalSnapshot & { jpeg: Buffer }>;
  /** a case of a flow was refused before it was sent */
  refuse(): void;
}

let link: FlowLink | undefined;

/** Given once, before the nodes are loaded. */
export function setLink(value: FlowLink | undefined): void {
  link = value;
}

export function getLink(): FlowLink {
  if (!link) throw new Error('the nodes have no link to the agent');
  return link;
}
