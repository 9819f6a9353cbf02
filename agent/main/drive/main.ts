// agent/main/drive: the program behind the demo's truck: `main.ts DIR [--seed N] [--hz N] [--full-bus] [--from-depot]`.
// Keeps a receiver at DIR/gnss and a serial CAN adapter at DIR/can alive; tells its parent {kind:'port', name, path, pid}
// as each can be opened and {kind:'line', line, state} as lines change. Ends when its parent's channel closes, or on a
// signal; with status 2 where a pty cannot be had.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { oneLine } from '../../../contract/index.ts';
import { startLive } from './live.ts';

/** The tour's wait at the depot, mostly passed over: the demo is to move soon, ms. */
const SKIP_MS = 30_000;

const end = (status: number, reason?: string): void => {
  if (reason !== undefined) process.stderr.write(`kerbside: the made-up drive: ${reason}\n`);
  void (live?.stop() ?? Promise.resolve()).then(() => process.exit(status));
};

let live: ReturnType<typeof startLive> | null = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
process.on('disconnect', () => end(0));

const tell = (message: object) => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      hz: { type: 'string', default: '1' },
      'full-bus': { type: 'boolean', default: false },
      'from-depot': { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  const seed = Number(values.seed);
  const hz = Number(values.hz);
  if (folder === undefined || !Number.isSafeInteger(seed) || (hz !== 1 && hz !== 2 && hz !== 5 && hz !== 10)) {
    throw new Error('usage: main.ts DIR [--seed N] [--hz 1|2|5|10] [--full-bus] [--from-depot]');
  }
  live = startLive({
    folder: resolve(folder),
    seed,
    hz,
    fullBus: values['full-bus'],
    skip: values['from-depot'] ? 0 : SKIP_MS,
    now: () => Date.now(),
    ready: (name, path, pid) => tell({ kind: 'port', name, path, pid }),
    line: (line, state) => tell({ kind: 'line', line, state }),
    failed: (reason) => end(2, reason),
  });
} catch (error) {
  end(2, oneLine(error));
}
