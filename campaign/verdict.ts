// campaign: the ledger against the database. In: what was accepted, what the centre holds, the gaps that the box noted.
// Out: what is lost, doubled, altered, or gone for another reason than the quota; each with examples. Pure.
import type { Gap } from '../agent/outbox/index.ts';
import { LANES, type Lane } from '../contract/index.ts';
import { keyOf, type Ledger } from './ledger.ts';
import { CHUNKS, numberOf, picture, recordOf } from './records.ts';

/** Only these lanes may lose what is old to a quota. */
const EVICTS: ReadonlySet<Lane> = new Set<Lane>(['telemetry', 'evidence']);
const MOST_EXAMPLES = 5;

/** Faults of one kind, a few of them in words. */
export class Faults {
  count = 0;
  readonly examples: string[] = [];

  add(what: string): void {
    this.count++;
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(what);
  }
}

/** What stands before the record in a line of `centre records`. */
interface Stored {
  lane: Lane;
  epoch: string;
  seq: number;
  rejected?: string;
}

export interface LaneGaps {
  lane: Lane;
  epoch: string;
  gaps: readonly Gap[];
}

export class Verdict {
  readonly #ledger: Ledger;
  readonly #seen = new Set<string>();
  readonly #numbers: Record<Lane, Set<number>> = {
    alarm: new Set(),
    case: new Set(),
    telemetry: new Set(),
    evidence: new Set(),
  };
  /** accepted, not at the centre, in no gap */
  readonly lost = new Faults();
  /** a record of the writer under two numbers */
  readonly doubled = new Faults();
  /** another text than was accepted, or rejected by the centre */
  readonly altered = new Faults();
  /** accepted records in a gap for another reason than the quota, or in a lane that never evicts */
  readonly wrongGaps = new Faults();
  /** pictures whose chunks are all there and that are not whole */
  readonly broken = new Faults();
  /** at the centre, and the box was killed before it could say so */
  unsaid = 0;
  /** gone to the quota, each in a gap */
  evicted = 0;
  pictures = 0;
  /** gaps that hold nothing that was accepted */
  emptyGaps = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A line of `centre records`. */
  takeRecord(line: string): void {
    const at = line.indexOf(',"record":');
    const { lane, epoch, seq, rejected } = JSON.parse(`${line.slice(0, at)}}`) as Stored;
    const text = line.slice(at + ',"record":'.length, -1);
    const key = keyOf(lane, epoch, seq);
    if (this.#seen.has(key)) this.doubled.add(`${key} stands twice`);
    this.#seen.add(key);
    const number = numberOf(lane, text);
    const wanted = this.#ledger.accepted.get(key);
    if (rejected !== undefined) this.altered.add(`${key} is rejected: ${rejected}`);
    if (number === null || recordOf(lane, number).text !== text) {
      this.altered.add(`${key}: ${text.slice(0, 120)}`);
      return;
    }
    if (wanted === undefined) this.unsaid++;
    else if (wanted !== number) this.altered.add(`${key} is record ${number}, accepted was ${wanted}`);
    if (this.#numbers[lane].has(number)) this.doubled.add(`${lane} record ${number}, again as ${key}`);
    this.#numbers[lane].add(number);
  }

  /** After all records. */
  takeGaps(lanes: readonly LaneGaps[]): void {
    const accepted = new Map(
      lanes.map((one) => [`${one.lane}/${one.epoch}`, { ...one, inGap: new Map<Gap, number>() }]),
    );
    for (const key of this.#ledger.accepted.keys()) {
      const [lane, epoch, seq] = key.split('/') as [Lane, string, string];
      const one = accepted.get(`${lane}/${epoch}`);
      const gap = one?.gaps.find(({ first, last }) => first <= Number(seq) && Number(seq) <= last);
      const forced = gap && (gap.reason === 'quota' || gap.reason === 'several') && EVICTS.has(lane);
      if (gap) one?.inGap.set(gap, (one.inGap.get(gap) ?? 0) + 1);
      if (this.#seen.has(key)) continue;
      if (forced) this.evicted++;
      else this.lost.add(`${key}, record ${this.#ledger.accepted.get(key)}`);
    }
    for (const { lane, gaps, inGap } of accepted.values()) {
      for (const gap of gaps) {
        if ((gap.reason === 'quota' || gap.reason === 'several') && EVICTS.has(lane)) continue;
        // A write that was torn was never accepted, yet a log cannot always know that, and says that something is gone.
        if (!inGap.has(gap)) this.emptyGaps++;
        else this.wrongGaps.add(`${lane} ${gap.first}-${gap.last}: ${inGap.get(gap)} accepted, reason ${gap.reason}`);
      }
    }
  }

  /** What the centre put together, by id; null: not whole. After all records. */
  takePictures(held: ReadonlyMap<string, string | null>): void {
    const chunks = this.#numbers.evidence;
    for (const number of new Set([...chunks].map((chunk) => Math.floor(chunk / CHUNKS)))) {
      const { chunks: of, sha256 } = picture(number);
      if (!Array.from({ length: of }, (_, i) => chunks.has(number * CHUNKS + i)).every(Boolean)) continue;
      this.pictures++;
      if (held.get(`p${number}`) !== sha256)
        this.broken.add(`picture p${number}: ${held.get(`p${number}`) ?? 'not whole'}`);
    }
  }

  records(): Record<Lane, number> {
    return Object.fromEntries(LANES.map((lane) => [lane, this.#numbers[lane].size])) as Record<Lane, number>;
  }
}
