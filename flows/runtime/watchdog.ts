// flows/runtime: the watchdog's near side: beats for it from the main loop.
// What may never happen: a hung loop or a swollen process that lives on.
import { Worker } from 'node:worker_threads';

export interface WatchdogOptions {
  /** seconds that the loop may hang */
  hangS: number;
  /** bytes of resident memory, Buffers included */
  maxRss: number;
  /** where the reason is written */
  file: string;
}

/**
 * Starts the thread that ends this process. Nothing stops it but the process's own end.
 * @returns to be called once Node-RED is loaded: from then on `hangS` counts, before that 30 s
 */
export function startWatchdog(options: WatchdogOptions): () => void {
  const beat = new Int32Array(new SharedArrayBuffer(8));
  setInterval(() => Atomics.add(beat, 0, 1), 200);
  const worker = new Worker(new URL('./watchdog-worker.js', import.meta.url), {
    workerData: { ...options, beat: beat.buffer },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  // a watchdog that died is worse than a restart
  worker.on('exit', () => process.exit(1));
  worker.on('error', () => process.exit(1));
  return () => Atomics.store(beat, 1, 1);
}
