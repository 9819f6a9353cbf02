// flows/runtime: the watchdog's thread. In: a counter that the main loop moves, the process's memory. Out: one line on
// stderr, the reason in a file that the next start counts (ends.ts), SIGKILL. It counts its own rounds, so a suspended
// process is not taken for a hung one. Plain JavaScript without imports: TypeScript in a second thread costs 10 MB.
import { writeFileSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const ROUND_MS = 100;
const { hangS, maxRss, file, beat: shared } = workerData;
const beat = new Int32Array(shared);
let last = -1;
let still = 0;

setInterval(() => {
  const now = Atomics.load(beat, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still * ROUND_MS >= hangS * 1000) end(`the loop hung for ${hangS} s`);
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
