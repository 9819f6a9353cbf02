// flows/runtime: Node-RED in this process. In: its settings. Out: whether flows run, and what is wrong with them.

import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { KerbError } from '../../contract/errors.ts';

interface RuntimeEvent {
  id: string;
  payload?: { state?: string; error?: string; types?: string[] };
}

/** The part of Node-RED's interface that is used here (it brings no types). */
interface NodeRed {
  init(server: Server, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  httpAdmin: RequestListener;
  settings: { version: string };
  nodes: { getFlows(): { flows: unknown[] } | null };
  events: { on(name: string, run: (event: RuntimeEvent) => void): void };
}

export interface Engine {
  version: string;
  state(): { running: boolean; safe: boolean; nodes: number; faults: KerbError[] };
  stop(): Promise<void>;
}

/**
 * Starts Node-RED.
 * @param make the server, once Node-RED's app for it is known; it may listen much later, or never
 * @param settings of Node-RED
 */
export async function startEngine(
  make: (app: RequestListener) => Server,
  settings: object,
  changed: () => void,
): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const red = require('node-red') as NodeRed;
  const express = require('express') as () => RequestListener & { use(app: RequestListener): void };
  const app = express();
  let running = false;
  let safe = false;
  let faults: KerbError[] = [];
  red.events.on('runtime-event', ({ id, payload }) => {
    if (id !== 'runtime-state') return;
    safe = payload?.error === 'safe-mode';
    faults = payload?.error && !safe ? [faultOf(payload.error, payload.types ?? [])] : [];
    if (payload?.error) running = false;
    changed();
  });
  red.events.on('flows:started', () => {
    running = true;
    changed();
  });
  red.events.on('flows:stopped', () => {
    running = false;
  });
  red.init(make(app), settings);
  app.use(red.httpAdmin);
  await red.start();
  return {
    version: String(red.settings.version),
    state: () => ({ running, safe, nodes: red.nodes.getFlows()?.flows.length ?? 0, faults }),
    stop: () => red.stop(),
  };
}

function faultOf(error: string, types: string[]): KerbError {
  if (error === 'missing-types') {
    const what = `needs nodes that this box does not have: ${types.slice(0, 10).join(', ')}`;
    return new KerbError('FLOWS_MISSING_NODE', what, 'flows.json', 'take these nodes out of the flow');
  }
  return new KerbError('FLOWS_STOPPED', error.slice(0, 200), 'flows.json', 'mend the flow in its editor');
}

/** Where our nodes and the ready flows lie. */
export const NODES_DIR = fileURLToPath(new URL('../nodes', import.meta.url));
export const READY_DIR = fileURLToPath(new URL('../ready', import.meta.url));

/** Gives back what starting, or an editor's visit, left in the heap: 20 MB that would stay until it is needed. */
export function tidy(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
