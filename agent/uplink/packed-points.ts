// agent/uplink: telemetry points of one lane -> one packed batch. Pure. In: waiting records, one after the other. Out: the
// payload. May never happen: a record goes out packed whose text would not come out of the batch byte for byte.
import {
  type Anchor,
  type BatchHead,
  type BatchRecord,
  encodeBatch,
  knowsBetter,
  readPointText,
} from '../../contract/index.ts';
import type { AnchorOf, WaitingRecord } from './types.ts';

export class PackedPoints {
  readonly #from: Pick<BatchHead, 'device' | 'epoch' | 'low'>;
  readonly #maxPoints: number;
  readonly #anchorOf: AnchorOf;
  readonly #records: BatchRecord[] = [];
  #first: WaitingRecord | null = null;

  constructor(from: Pick<BatchHead, 'device' | 'epoch' | 'low'>, maxPoints: number, anchorOf: AnchorOf) {
    this.#from = from;
    this.#maxPoints = maxPoints;
    this.#anchorOf = anchorOf;
  }

  get count(): number {
    return this.#records.length;
  }

  /** Takes the record if it goes on where the others end: the next number of the same boot and clock quality. */
  take(record: WaitingRecord, packable: BatchRecord): boolean {
    const first = this.#first;
    if (first) {
      const next = record.seq === first.seq + this.#records.length;
      const same = record.boot === first.boot && record.clock === first.clock;
      if (!next || !same || this.#records.length >= this.#maxPoints) return false;
    }
    this.#first ??= record;
    this.#records.push(packable);
    return true;
  }

  payload(): Buffer {
    const { seq, boot, clock } = this.#first!;
    const known = anchorFor(this.#first!, this.#anchorOf);
    return encodeBatch({ ...this.#from, first: seq, boot, clock, ...known, records: this.#records });
  }
}

/** What has become known of the clock a record was stamped with, where it is more than its stamp says. */
export function anchorFor({ boot, clock }: WaitingRecord, anchorOf: AnchorOf): { anchor?: Anchor } {
  const anchor = clock === 'synced' ? null : anchorOf(boot);
  return anchor && knowsBetter(anchor, clock) ? { anchor } : {};
}

/** The record as it is packed; null for one that goes as a line: of another kind, or a text that is no point of today. */
export function packable(record: WaitingRecord): BatchRecord | null {
  const { kind, at, mono, boot, text } = record;
  if (kind !== 'telemetry' || !Number.isSafeInteger(at) || at < 0 || mono < 0 || boot.length > 36) return null;
  const point = readPointText(text);
  return point && { point, accepted: at, mono };
}
