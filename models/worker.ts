// models: the program of a looking thread. In: a card at start, then looks one at a time. Out: finds or a typed error.
// Never: the main thread blocked; it may be ended at any moment by its owner.
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { KerbError, oneLine } from '../contract/errors.ts';
import { lookWith } from './look.ts';
import type { FromWorker, ToWorker, WireError, WorkerStart } from './messages.ts';
import type { Runtime } from './runtime.ts';
import { openRuntime } from './runtimes.ts';
import { Scale } from './scale.ts';

const { card, places, runtime: runtimeName, weights, warm } = workerData as WorkerStart;
const port = parentPort!;
const send = (message: FromWorker) => port.postMessage(message);
const scales: (Scale | undefined)[] = [];
let opening: Promise<Runtime> | undefined;
/** Named in traces unless it is the plain one. */
const name = weights === 'float' ? card.name : `${card.name} ${weights}`;

/** Tells the owner of a runtime that is a process of its own. */
function telling(runtime: Runtime): Runtime {
  if (runtime.pid !== undefined) send({ kind: 'process', pid: runtime.pid });
  void runtime.ended?.then(() => send({ kind: 'process', pid: null }));
  return runtime;
}

/** Sizes of a depth: the first, the first two, all. */
function reach(depth: ToWorker['depth']): number {
  return depth === 'base' ? 1 : depth === 'wide' ? Math.min(2, card.sizes.length) : card.sizes.length;
}

async function open(depth: ToWorker['depth']): Promise<Scale[]> {
  opening ??= openRuntime(runtimeName).then(telling);
  const runtime = await opening;
  const ready: Scale[] = [];
  for (let i = 0; i < reach(depth); i++) {
    const scale = scales[i] ?? (await Scale.open(card, i, places, runtime));
    scales[i] = scale;
    ready.push(scale);
  }
  return ready;
}

async function look({ id, picture, ...options }: ToWorker): Promise<FromWorker> {
  const ready = await open(options.depth);
  const start = performance.now();
  const { objects, crops, run_ms } = await lookWith(card, ready, picture, options);
  const sizes = card.sizes.slice(0, ready.length).map((size) => `${size.width}x${size.height}`);
  const model = `${name} ${sizes.join('+')}`;
  const ms = performance.now() - start;
  return { kind: 'looked', id, objects, ms, run_ms, model, ...(crops > 0 ? { crops } : {}) };
}

function wire(error: unknown): WireError {
  if (!(error instanceof KerbError)) {
    return { code: 'LOOK_FAILED', what: oneLine(error), where: card.name, remedy: 'see the line before it in the log' };
  }
  const { code, where, remedy, message } = error;
  return { code, where, remedy, what: message.slice(where.length + 2, message.length - remedy.length - 2) };
}

try {
  await open(warm);
  send({ kind: 'ready' });
  port.on('message', (message: ToWorker) => {
    look(message).then(send, (error: unknown) => send({ kind: 'failed', id: message.id, error: wire(error) }));
  });
} catch (error) {
  send({ kind: 'unfit', error: wire(error) });
}
