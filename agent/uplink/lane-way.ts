// agent/uplink: one lane and its readers. Telemetry has two: what waited when the session began is the backlog's, what is
// accepted since then goes live, so that after an outage the present is known first. In: a LaneSource, the centre's word.
// Out: the durable cursor moved. May never happen: the cursor passes a record that the centre has not acknowledged, or a
// record that belongs to neither reader.
import { oneLine } from '../../contract/index.ts';
import { Held, type Range } from './held.ts';
import { LaneSender, type SenderOptions } from './lane-sender.ts';
import type { Flow } from './schedule.ts';
import type { LaneCounters, LaneSource } from './types.ts';

/** A live reader that is so many records behind is none: what it has not sent becomes backlog. */
const LIVE_LAG = 5_000;
/** ms between two such moves at least */
const MOVE_EVERY = 60_000;

export type LaneWayOptions = Pick<
  SenderOptions,
  'from' | 'limits' | 'messageBytes' | 'buffers' | 'mono' | 'onReady' | 'onFault'
>;

export class LaneWay {
  readonly source: LaneSource;
  readonly counters: LaneCounters;
  readonly senders: ReadonlyMap<Flow, LaneSender>;
  readonly #options: LaneWayOptions;
  readonly #held: Held;
  /** the first number that goes live */
  #border = Number.POSITIVE_INFINITY;
  #moved = Number.NEGATIVE_INFINITY;
  /** `low` as the last message of any reader said it */
  readonly #lowSaid = { value: 0 };

  constructor(source: LaneSource, options: LaneWayOptions) {
    this.source = source;
    this.#options = options;
    this.#held = new Held(source.low - 1);
    this.counters = { messages: 0, records: 0, bytes: 0, resent: 0, acked: source.low - 1 };
    const sender = (flow: Flow, first: () => number, end: () => number) => {
      const shared = { source, counters: this.counters, held: this.#held, lowSaid: this.#lowSaid };
      return [flow, new LaneSender({ ...options, ...shared, first, end })] as const;
    };
    const { lane } = source;
    const border = () => this.#border;
    this.senders = new Map(
      lane === 'telemetry'
        ? [sender('live', border, open), sender('backlog', () => 1, border)]
        : [sender(lane, () => 1, open)],
    );
  }

  /** The centre has acknowledged all that was accepted. */
  get empty(): boolean {
    return Math.max(this.#held.upTo, this.source.low - 1) >= this.source.nextSeq - 1;
  }

  /** Looks for more as long as the lane is open and `signal` is not aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    for (let next = this.source.nextSeq; await this.source.waitForMore(next, signal); next = this.source.nextSeq) {
      for (const sender of this.senders.values()) sender.more();
    }
  }

  /** A new session: all without acknowledgement is sent again; what waits now is backlog. */
  start(): void {
    this.#border = this.source.nextSeq;
    for (const sender of this.senders.values()) sender.start();
  }

  stop(): void {
    for (const sender of this.senders.values()) sender.stop();
  }

  /** The centre's word. False: it speaks of another life of this lane, or of records that never were. */
  ack(epoch: string, upTo: number, above: readonly Range[]): boolean {
    const last = above.reduce((most, range) => Math.max(most, range[1]), upTo);
    if (epoch !== this.source.epoch || last >= this.source.nextSeq) return false;
    if (!this.#held.add(upTo, above)) return true;
    if (this.#held.upTo > this.counters.acked) {
      this.counters.acked = this.#held.upTo;
      this.source.ack(epoch, this.#held.upTo);
    }
    for (const sender of this.senders.values()) sender.acknowledged();
    return true;
  }

  /** Once a second or so. */
  tick(): void {
    const { mono, onFault } = this.#options;
    const live = this.senders.get('live');
    if (live && this.source.nextSeq - live.next > LIVE_LAG && mono() - this.#moved > MOVE_EVERY) {
      this.#moved = mono();
      this.start();
    }
    try {
      for (const sender of this.senders.values()) sender.tick();
    } catch (error) {
      onFault(`lane ${this.source.lane}: ${oneLine(error)}`);
    }
  }
}

const open = () => Number.POSITIVE_INFINITY;

/** The lane's readers by flow, of all lanes. */
export function flowsOf(ways: Iterable<LaneWay>): Map<Flow, LaneSender> {
  const flows = new Map<Flow, LaneSender>();
  for (const way of ways) for (const [flow, sender] of way.senders) flows.set(flow, sender);
  return flows;
}
