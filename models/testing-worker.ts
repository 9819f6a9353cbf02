// models: a looking thread that misbehaves on demand, for the pool's tests. The picture's width says how:
// 1 sleeps for ever, 2 ends its thread, 3 throws, 4 runs for ever; any other is answered. Tests only.
import { parentPort, threadId } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './messages.ts';

const port = parentPort!;
const send = (message: FromWorker) => port.postMessage(message);
port.on('message', ({ id, picture }: ToWorker) => {
  if (picture.width === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (picture.width === 2) process.exit(3);
  if (picture.width === 3) throw new Error('broken on purpose');
  while (picture.width === 4);
  send({ kind: 'looked', id, objects: [], ms: 1, run_ms: 1, model: `thread ${threadId}` });
});
send({ kind: 'ready' });
