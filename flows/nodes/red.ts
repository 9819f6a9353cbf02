// flows/nodes: the part of Node-RED's interface to nodes that ours use (it brings no types). Types only.

export interface Msg {
  topic?: string;
  payload?: unknown;
  [key: string]: unknown;
}

export interface Status {
  fill?: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  shape?: 'dot' | 'ring';
  text?: string;
}

export type Send = (msg: Msg | (Msg | null)[]) => void;
export type Done = (error?: Error) => void;

export interface RedNode {
  id: string;
  status(status: Status): void;
  send(msg: Msg): void;
  error(message: unknown, msg?: Msg): void;
  on(event: 'input', run: (msg: Msg, send: Send, done: Done) => void): void;
  on(event: 'close', run: (removed: boolean, done: () => void) => void): void;
}

/** What the editor stored for a node. */
export type NodeConfig = Record<string, unknown> & { id: string; type: string };

export interface Red {
  nodes: {
    createNode(node: RedNode, config: NodeConfig): void;
    registerType(type: string, build: (this: RedNode, config: NodeConfig) => void): void;
  };
  _(key: string, values?: Record<string, unknown>): string;
}
