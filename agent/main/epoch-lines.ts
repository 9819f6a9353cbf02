// agent/main: epochs as lines on stdout, for replays. In: epochs. Out: lines in order. A long recording is printed by a
// thread of its own while this one decodes; a short one here, for a thread takes longer to start than it saves.
// Never: more than a few blocks of records in memory, however slow the reader of stdout is.
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { doubtText, type Epoch, LinePrinter, MAX_LINE, MAX_RECORD, RecordWriter } from '../../drivers/gnss/index.ts';

const BLOCK = 8 * MAX_RECORD;
const BLOCKS = 4;
const PIECE = 4 * MAX_LINE;

/** A block of records on its way to the printing thread, and back. */
export interface Block {
  readonly numbers: Float64Array<SharedArrayBuffer>;
  size: number;
  /** what the doubtful epochs of the block say, in order */
  doubts: string[];
}

/** Prints records: of a block, or one by one. Used by both threads. */
export class BlockPrinter {
  readonly #printer = new LinePrinter();
  readonly #bytes = Buffer.allocUnsafe(PIECE);
  #size = 0;

  /** Prints all records of a block to stdout. */
  print(numbers: Float64Array, size: number, doubts: readonly string[]): void {
    const printer = this.#printer;
    let doubtful = 0;
    for (let at = 0; at < size; at = printer.end) {
      const doubt = numbers[at + 8] === 1 ? doubts[doubtful++]! : '';
      this.#size = printer.print(numbers, at, doubt, this.#bytes, this.#size);
      this.#bytes[this.#size++] = 10;
      if (this.#size + MAX_LINE + 1 > PIECE) this.flush();
    }
  }

  /** Hands what is gathered to the system. */
  flush(): void {
    writeAll(this.#bytes.subarray(0, this.#size));
    this.#size = 0;
  }
}

/** Where epochs are handed in. */
export class EpochLines {
  readonly #writer = new RecordWriter();
  readonly #free: Block[] = [];
  readonly #here: BlockPrinter | undefined;
  readonly #worker: Worker | undefined;
  #block: Block;
  #waiting: (() => void) | undefined;
  #failed: Error | undefined;

  /** @param apart printed by a thread of its own */
  constructor(apart: boolean) {
    this.#block = newBlock();
    if (!apart) {
      this.#here = new BlockPrinter();
      return;
    }
    for (let i = 1; i < BLOCKS; i++) this.#free.push(newBlock());
    this.#worker = new Worker(new URL('./epoch-lines-worker.ts', import.meta.url));
    this.#worker.on('message', (numbers: Float64Array<SharedArrayBuffer>) => {
      this.#free.push({ numbers, size: 0, doubts: [] });
      this.#wake();
    });
    this.#worker.on('error', (error) => {
      this.#failed = error instanceof Error ? error : new Error(String(error));
      this.#wake();
    });
  }

  /** True where `room` must be awaited before the next epoch. */
  get full(): boolean {
    return this.#block.size + MAX_RECORD > BLOCK;
  }

  add(epoch: Epoch): void {
    const block = this.#block;
    block.size = this.#writer.write(block.numbers, block.size, epoch);
    if (epoch.flags !== undefined) block.doubts.push(doubtText(epoch));
  }

  /** Makes room. @throws what went wrong in printing */
  async room(): Promise<void> {
    this.#send();
    while (this.#worker !== undefined && this.#block.size > 0) {
      if (this.#failed) throw this.#failed;
      const next = this.#free.pop();
      if (next) this.#block = next;
      else await this.#wait();
    }
  }

  /** Prints what is left and ends the thread. */
  async end(): Promise<void> {
    this.#send();
    this.#here?.flush();
    if (this.#worker === undefined) return;
    while (this.#free.length < BLOCKS && !this.#failed) await this.#wait();
    await this.#worker.terminate();
    if (this.#failed) throw this.#failed;
  }

  #send(): void {
    const block = this.#block;
    if (this.#here) {
      this.#here.print(block.numbers, block.size, block.doubts);
      block.size = 0;
      block.doubts = [];
      return;
    }
    this.#worker!.postMessage(block);
  }

  #wait(): Promise<void> {
    return new Promise((wake) => {
      this.#waiting = wake;
    });
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

function newBlock(): Block {
  return { numbers: new Float64Array(new SharedArrayBuffer(BLOCK * 8)), size: 0, doubts: [] };
}

const NAP = new Int32Array(new SharedArrayBuffer(4));

/** Writes to stdout, waiting where a pipe is full. */
function writeAll(bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(NAP, 0, 0, 2);
    }
  }
}
