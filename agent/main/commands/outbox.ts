// agent/main: kerbside outbox ls|verify|put: the durable queue from the command line. In: a folder, lines on stdin.
// Out: NDJSON on stdout, words on stderr. Never: a receipt printed before its record is on disk; ls or verify that
// write or take the lock.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isLane, KerbError, LANES, type Lane, MAX_RECORD_BYTES, oneLine } from '../../../contract/index.ts';
import { systemClock } from '../../health/clock.ts';
import { type BatchReceipt, listOutbox, type NewRecord, openOutbox, verifyOutbox } from '../../outbox/index.ts';
import { type InputLine, linesOf } from './lines.ts';

export const help = `
usage: kerbside outbox ls DIR
         a line per lane: {lane, epoch, first, next, acked, waiting, bytes, gaps}
       kerbside outbox verify DIR
         a line per segment: {lane, segment, records, whole, faults:[{at, what}]}; exit 1 if any record is not whole
       kerbside outbox put DIR --lane ${LANES.join('|')}
         each line of stdin is a JSON object of at most 64 kB; prints {lane, epoch, seq} for each once it is on disk
ls and verify change nothing and work beside a running agent.
`;

/** Records handed in and not yet on disk: enough for good group commits. */
const MOST_LINES = 16_384;
const MOST_BYTES = 8 * 1024 * 1024;
/** Records handed in together. */
const BATCH_LINES = 1024;
const BATCH_BYTES = 512 * 1024;

/** Runs one of the three. Gives the exit status. @throws KerbError for wrong usage or a folder in use */
export async function run(argv: string[]): Promise<number> {
  const [verb, ...rest] = argv;
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: { lane: { type: 'string' } },
  });
  const [dir, ...more] = positionals;
  if (dir === undefined || more.length > 0) throw usage('give one folder');
  if (verb === 'put') return put(dir, wantedLane(values.lane));
  if (values.lane !== undefined) throw usage('--lane belongs to put');
  if (verb === 'ls') return ls(dir);
  if (verb === 'verify') return verify(dir);
  throw usage(`"${String(verb).slice(0, 40)}" is none of ls, verify, put`);
}

function usage(what: string): KerbError {
  return new KerbError('USAGE_OUTBOX', what, 'kerbside outbox', 'see kerbside outbox --help');
}

function wantedLane(lane: string | undefined): Lane {
  if (lane !== undefined && isLane(lane)) return lane;
  throw usage(lane === undefined ? 'put needs --lane' : `no such lane: ${lane.slice(0, 40)}`);
}

async function ls(dir: string): Promise<number> {
  for await (const line of listOutbox(dir, systemClock().wall())) print(line);
  return 0;
}

async function verify(dir: string): Promise<number> {
  let whole = true;
  for await (const line of verifyOutbox(dir, systemClock().wall())) {
    print(line);
    whole &&= line.whole;
  }
  return whole ? 0 : 1;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function put(dir: string, lane: Lane): Promise<number> {
  const clock = systemClock();
  const newEpoch = () => randomBytes(8).toString('hex');
  const outbox = await openOutbox(dir, { clock, bootId: clock.boot, newEpoch, lanes: [lane] });
  const out = new Receipts();
  let batch = new Batch();
  const handIn = () => {
    if (batch.lines.length > 0) void out.add(batch, outbox.appendMany(lane, batch.records));
    batch = new Batch();
  };
  try {
    for await (const line of linesOf(process.stdin, MAX_RECORD_BYTES)) {
      const text = readLine(line, out);
      if (text === null) continue;
      batch.add(line, text);
      // What one read of stdin gave is handed in together, at the latest when there is nothing more to read.
      if (batch.lines.length === 1) setImmediate(handIn);
      if (batch.isFull()) handIn();
      if (out.isFull()) {
        void outbox.flush(lane);
        await out.room();
      }
    }
  } finally {
    handIn();
    // Closing writes what waits; its receipts come before it resolves.
    await outbox.close();
  }
  return out.status;
}

/** The text of a line that is worth storing; else says what is wrong with it. */
function readLine(line: InputLine, out: Receipts): string | null {
  if (line.bytes === null) return out.refuse(line.number, `longer than ${MAX_RECORD_BYTES} bytes; cut it up`, 2);
  const text = utf8(line.bytes);
  if (text === null || !isObject(text)) return out.refuse(line.number, 'not a JSON object; give one per line', 2);
  return text;
}

function isObject(text: string): boolean {
  try {
    return /^[ \t\r]*\{/.test(text) && typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Text that gives the same bytes again; null where there is none. */
function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Lines that are handed in together. */
class Batch {
  /** their numbers in the input */
  readonly lines: number[] = [];
  readonly records: NewRecord[] = [];
  bytes = 0;

  add(line: InputLine, text: string): void {
    this.lines.push(line.number);
    this.records.push({ kind: 'opaque', text, stringified: true });
    this.bytes += line.bytes?.length ?? 0;
  }

  isFull(): boolean {
    return this.lines.length >= BATCH_LINES || this.bytes >= BATCH_BYTES;
  }
}

/** Prints receipts in the order of the lines (a lane settles in order), those of one batch with one write. */
class Receipts {
  status = 0;
  #lines = 0;
  #bytes = 0;
  #wake: (() => void) | null = null;

  async add({ lines, bytes }: Batch, accepted: Promise<BatchReceipt>): Promise<void> {
    this.#lines += lines.length;
    this.#bytes += bytes;
    const { lane, epoch, first, count, refused } = await accepted;
    let text = '';
    for (let index = 0; index < count; index++) text += `${JSON.stringify({ lane, epoch, seq: first + index })}\n`;
    if (text !== '') process.stdout.write(text);
    if (refused) for (const line of lines.slice(count)) this.refuse(line, oneLine(refused), 1);
    this.#lines -= lines.length;
    this.#bytes -= bytes;
    if (this.#wake && this.#lines <= MOST_LINES / 2 && this.#bytes <= MOST_BYTES / 2) {
      this.#wake();
      this.#wake = null;
    }
  }

  isFull(): boolean {
    return this.#lines >= MOST_LINES || this.#bytes >= MOST_BYTES;
  }

  /** Resolves once half of what waited is settled. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  refuse(number: number, what: string, status: 1 | 2): null {
    process.stderr.write(`kerbside: stdin line ${number}: ${what}\n`);
    // Bad input outweighs nothing: a disk that failed is the worse news.
    this.status = this.status === 1 ? 1 : status;
    return null;
  }
}
