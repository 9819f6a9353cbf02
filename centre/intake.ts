// centre: deliveries -> database -> confirmations. Messages that are there at the same time share one transaction.
// May never happen: a message is confirmed or acknowledged before the commit, what waits grows without bound, or one
// poisonous message keeps the others out.
import { setTimeout as wait } from 'node:timers/promises';
import { type Ack as AckMessage, oneLine } from '../contract/index.ts';
import type { Delivery } from './broker-link.ts';
import { type Db, isDataFault } from './db.ts';
import { type Decoded, decodeMessage, type Reject } from './decode.ts';
import { type Ack, type Stored, storeBatch } from './store.ts';

/** What waits for its transaction; beyond it the connection is not read. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const MAX_WAITING = 512;
/** What one transaction takes: enough for a good rate, little enough that an acknowledgement is not long in coming. */
const BATCH_RECORDS = 2000;
const BATCH_BYTES = 1024 * 1024;
const RETRY_MS = 1000;

interface Waiting {
  delivery: Delivery;
  decoded: Decoded;
  bytes: number;
}

export interface IntakeOptions {
  db: Db;
  now: () => number;
  publish: (topic: string, payload: string) => void;
  onStored: (stored: Stored, messages: number, ms: number) => void;
  onReject: (reject: Reject) => void;
  /** the database does not take anything now; all waits */
  onFault: (line: string) => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #held: (() => void)[] = [];
  #working: Promise<void> | null = null;
  #closed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes a message; calls `more` when the next may come. */
  take(delivery: Delivery, more: () => void): void {
    if (this.#closed) return;
    const decoded = decodeMessage(delivery.topic, delivery.payload);
    for (const reject of decoded.rejects) this.#options.onReject(reject);
    const bytes = weight(delivery, decoded);
    this.#waiting.push({ delivery, decoded, bytes });
    this.#bytes += bytes;
    if (this.#waiting.length < MAX_WAITING && this.#bytes < MAX_WAITING_BYTES) more();
    else this.#held.push(more);
    // After all that is there already has been read: it shares the transaction.
    this.#working ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#work())
      .finally(() => {
        this.#working = null;
      });
  }

  /** Ends after the transaction that runs now. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#next();
      const done = await this.#store(batch);
      if (!done) return;
      if (this.#waiting.length < MAX_WAITING / 2 && this.#bytes < MAX_WAITING_BYTES / 2) {
        for (const more of this.#held.splice(0)) more();
      }
    }
  }

  #next(): Waiting[] {
    const batch: Waiting[] = [];
    let records = 0;
    let bytes = 0;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      records += first.decoded.records.length;
      bytes += first.bytes;
      if (batch.length > 0 && (records > BATCH_RECORDS || bytes > BATCH_BYTES)) break;
      batch.push(first);
      this.#waiting.shift();
      this.#bytes -= first.bytes;
    }
    return batch;
  }

  /** Stores and confirms; false when the intake was closed meanwhile. */
  async #store(batch: Waiting[]): Promise<boolean> {
    for (;;) {
      try {
        const started = performance.now();
        const stored = await storeBatch(
          this.#options.db,
          batch.map(({ decoded }) => decoded),
          this.#options.now(),
        );
        for (const { delivery } of batch) delivery.confirm();
        for (const ack of stored.acks) this.#acknowledge(ack);
        this.#options.onStored(stored, batch.length, performance.now() - started);
        return true;
      } catch (error) {
        if (isDataFault(error)) return this.#isolate(batch, error);
        this.#options.onFault(`the database refuses: ${oneLine(error)}`);
        if (this.#closed) return false;
        await wait(RETRY_MS);
        if (this.#closed) return false;
      }
    }
  }

  /** Something in these messages cannot be stored: finds it by halves; the rest goes in. */
  async #isolate(batch: Waiting[], error: unknown): Promise<boolean> {
    const only = batch[0];
    if (batch.length > 1 || (only?.decoded.records.length ?? 0) > 1) {
      for (const half of halves(batch)) if (!(await this.#store(half))) return false;
      return true;
    }
    const device = only?.decoded.device?.device ?? '';
    this.#options.onReject({ device, kind: 'schema', why: `cannot be stored: ${oneLine(error)}` });
    const record = only?.decoded.records[0];
    if (!only || !record || record.rejected !== null) {
      only?.delivery.confirm();
      return true;
    }
    const bare = { ...record, kind: 'rejected' as const, text: 'null', boot: '', rejected: 'cannot be stored' };
    const decoded = {
      ...only.decoded,
      status: null,
      reply: null,
      records: [{ ...bare, chunk: null, caseId: null, point: null, report: null }],
      rejects: [],
    };
    return this.#store([{ ...only, decoded }]);
  }

  #acknowledge({ topic, device, lane, epoch, upTo, above }: Ack): void {
    const gaps = above.length > 0 ? { above } : {};
    const ack: AckMessage = { v: 1, kind: 'ack', device, lane, epoch, upTo, ...gaps };
    this.#options.publish(topic, JSON.stringify(ack));
  }
}

/** What a record takes beside its text. */
const RECORD_BYTES = 300;

/** What a message holds in memory, bytes: a packed one many times what came over the wire. */
function weight({ payload }: Delivery, { records }: Decoded): number {
  return records.reduce((sum, { text }) => sum + text.length + RECORD_BYTES, payload.length);
}

/** Two halves of a batch; a single message is halved by its records (its first half carries all else). */
function halves(batch: Waiting[]): Waiting[][] {
  const middle = Math.ceil(batch.length / 2);
  if (batch.length > 1) return [batch.slice(0, middle), batch.slice(middle)];
  const only = batch[0]!;
  const { records } = only.decoded;
  const cut = Math.ceil(records.length / 2);
  const first = { ...only.decoded, records: records.slice(0, cut) };
  const second = { ...only.decoded, status: null, reply: null, rejects: [], records: records.slice(cut) };
  // The message is confirmed with its last part.
  const later = { ...only.delivery, confirm: () => undefined };
  return [[{ ...only, delivery: later, decoded: first }], [{ ...only, decoded: second }]];
}
