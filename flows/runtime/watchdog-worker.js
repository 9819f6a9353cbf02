// flows/runtime: the watchdog's thread. In: a counter that the main loop moves, whether Node-RED is loaded, the process's
// memory. Out: one line on stderr, the reason in a file that the next start counts (ends.ts), SIGKILL. It counts its own
// rounds, so a suspended process is not taken for a hung one. Plain JavaScript without imports: TypeScript in a second
// thread costs 10 MB.
import { writeFileSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const ROUND_MS = 100;
/** Loading Node-RED blocks the loop, on a slow and busy box for seconds: no flow runs yet. */
const START_S = 30;
const { hangS, maxRss, file, beat: shared } = workerData;
const beat = new Int32Array(shared);
let last = -1;
let still = 0;

setInterval(() => {
  const now = Atomics.load(beat, 0);
  const limit = Atomics.load(beat, 1) === 1 ? hangS : Math.max(hangS, START_S);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still * ROUND_MS >= limit * 1000) end(`the loop hung for ${limit} s`);
  const rss = process.memoryUsage.rss();
  if (rss > maxRss) end(`memory of ${Math.round(rss / 1e6)} MB passed the cap of ${Math.round(maxRss / 1e6)} MB`);
}, ROUND_MS);

function end(reason) {
  try {
    writeFileSync(file, reason, { flush: true });
    writeSync(2, `${JSON.stringify({ level: 'fatal', code: 'FLOWS_ENDED', what: reason })}\n`);
  } catch {
    // a full disk or a reader that is gone must not keep it alive
  }
  process.kill(process.pid, 'SIGKILL');
}
