// agent/main: `kerbside replay can FILE [--dbc FILE]`: what was on a bus, decoded.
// In: a candump log, plain or gzip; a DBC file. Out: a line of JSON per decoded message; what was counted, and the DBC's
// faulty entries, on stderr.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/index.ts';
import {
  badTotal,
  type CanCounters,
  CanDecoder,
  type Dbc,
  messageLine,
  readCandump,
  readDbcFile,
} from '../../../drivers/can/index.ts';

export const help = `
usage: kerbside replay can FILE [--dbc FILE]

Reads a candump log (log or screen form, plain or .gz) and prints a line of JSON per decoded message:
{time, id, pgn?, source?, name, signals:{NAME: number|null}, faults?:[{spn, fmi, count}], texts?, transport?}
time: epoch ms of the recording, of the last frame where there were several (transport: "bam" or "rts").
Without --dbc: J1939 groups of the built-in table (docs/j1939.md), SI units, null for error and not available.
With --dbc: the messages of that file alone, its names, its units, never clamped; null where a frame is too short
for a signal; multiplexed signals that a frame does not carry are left out. Exact identifier first, then PGN.
What was skipped is counted on stderr.`;

/** output gathered before it is written, characters */
const BATCH = 65_536;
/** faulty entries of a DBC told one by one */
const FAULTS_TOLD = 50;

export async function run(argv: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: argv,
    options: { dbc: { type: 'string' } },
    allowPositionals: true,
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    throw new KerbError('USAGE_REPLAY_CAN', 'one FILE is needed', 'kerbside replay can', 'see --help');
  }
  const dbc = values.dbc === undefined ? undefined : await readDbcFile(values.dbc);
  if (dbc) tellFaults(dbc);
  let text = '';
  const decoder = new CanDecoder((message) => {
    text += `${messageLine(message)}\n`;
  }, dbc);
  const flush = (): Promise<void> | undefined => {
    if (text.length < BATCH) return undefined;
    const room = process.stdout.write(text);
    text = '';
    return room ? undefined : once(process.stdout, 'drain').then(() => {});
  };
  let counters: CanCounters;
  try {
    counters = await readCandump(path, (frame) => decoder.push(frame), flush);
  } finally {
    if (text !== '') process.stdout.write(text);
  }
  process.stderr.write(`${summary(counters, decoder)}\n`);
  if (counters.frames + counters.remote + counters.error > 0 || badTotal(counters) === 0) return 0;
  throw new KerbError('CAN_NOTHING', 'holds no CAN frame', path, 'give a log of candump -l or -L');
}

function tellFaults(dbc: Dbc): void {
  let text = '';
  for (const { file, line, what } of dbc.faults.slice(0, FAULTS_TOLD)) text += `${file}:${line}: ${what}\n`;
  if (dbc.messages.length === 0) text += `${dbc.file}: holds no message\n`;
  const rest = dbc.faultCount - Math.min(dbc.faults.length, FAULTS_TOLD);
  if (rest > 0) text += `${dbc.file}: ${rest} more\n`;
  process.stderr.write(text);
}

function summary(counters: CanCounters, decoder: CanDecoder): string {
  const { bad, ...read } = counters;
  const told = [
    ...entries(read),
    ...entries(bad).map((count) => `bad ${count}`),
    `pgns ${decoder.pgns.size}`,
    ...entries({ messages: decoder.counters.messages, unknown: decoder.counters.unknown }),
    ...entries(decoder.transport.counters).map((count) => `transport ${count}`),
  ];
  return told.join(', ');
}

function entries(counts: object): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`);
}
