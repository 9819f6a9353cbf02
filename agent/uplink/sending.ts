// agent/uplink: what goes next, and when: the window, the flows' shares, what the link carries, what the centre allows.
// In: flows that have a message ready, a session, PUBACKs. Out: messages on the session, each counted. May never happen:
// an alarm waits behind a backlog, or more is in flight than window and broker bear.
import { Buffers } from './buffers.ts';
import { Drain } from './drain.ts';
import type { LaneSender } from './lane-sender.ts';
import type { Meter } from './meter.ts';
import { Pace } from './pace.ts';
import { type Flow, LANE_OF, Schedule } from './schedule.ts';
import type { Session } from './session.ts';
import type { UplinkClock, UplinkLimits } from './types.ts';

/** Flows that nothing less urgent may overtake. */
const URGENT = ['alarm', 'case'] as const;

export interface SendingOptions {
  readonly limits: UplinkLimits;
  readonly clock: UplinkClock;
  readonly meter: Meter;
  /** the session that runs now */
  readonly session: () => Session | null;
  /** the broker refuses a message */
  readonly onRefused: (error: Error) => void;
}

export class Sending {
  readonly #options: SendingOptions;
  readonly #schedule = new Schedule();
  readonly #pace = new Pace();
  readonly #drain = new Drain();
  readonly buffers = new Buffers();
  #flows: ReadonlyMap<Flow, LaneSender> = new Map();
  #inFlightBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SendingOptions) {
    this.#options = options;
    this.#drain.set(options.meter.drainRate, options.clock.mono());
  }

  /** The flows, once they are made. */
  serve(flows: ReadonlyMap<Flow, LaneSender>): void {
    this.#flows = flows;
  }

  /** bytes of one message of lines that the link carries in a moment */
  readonly messageBytes = (): number => this.#pace.message;

  /** bytes a second that the centre allows; null: no bound */
  get rate(): number | null {
    return this.#drain.rate;
  }

  setRate(rate: number | null): number | null {
    this.#drain.set(rate, this.#options.clock.mono());
    this.pump();
    return this.#drain.rate;
  }

  /** A new session: nothing is in flight on it. */
  opened(): void {
    this.#inFlightBytes = 0;
  }

  /** Once a second or so. */
  tick(): void {
    if (this.#inFlightBytes === 0) this.buffers.clear();
    this.pump();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Sends as long as the window is open. */
  readonly pump = (): void => {
    const { limits, clock } = this.#options;
    const session = this.#options.session();
    if (!session) return;
    const window = Math.min(limits.window, session.receiveMaximum);
    const backlog = Math.max(1, window - limits.urgent);
    let unpaid = 0;
    // An alarm or a case that is being read off the disk is milliseconds away: nothing less urgent overtakes it.
    const urgentComes = () => URGENT.some((flow) => this.#flows.get(flow)?.packing);
    const may = (flow: Flow): boolean => {
      const sender = this.#flows.get(flow);
      if (!sender?.ready || session.inFlight >= window) return false;
      if (flow === 'alarm' || flow === 'case') return true;
      if (urgentComes()) return false;
      if (flow === 'evidence' && sender.inFlight >= limits.evidence) return false;
      if (session.inFlight >= backlog || (session.inFlight > 0 && this.#inFlightBytes >= this.#pace.allowance)) {
        return false;
      }
      unpaid = this.#drain.wait(clock.mono());
      return unpaid === 0;
    };
    for (let flow = this.#schedule.choose(may); flow !== null; flow = this.#schedule.choose(may)) {
      this.#send(session, flow);
    }
    if (unpaid > 0) this.#pumpIn(unpaid);
  };

  /** When the drain rate lets the next message go. */
  #pumpIn(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(this.pump, ms);
  }

  #send(session: Session, flow: Flow): void {
    const sender = this.#flows.get(flow);
    const taken = sender?.take();
    if (!sender || !taken) return;
    const { message, sent } = taken;
    const { clock, meter } = this.#options;
    const left = clock.mono();
    const bytes = session.publish(message.topic, message.payload, false, (error) => {
      if (this.#options.session() !== session) return;
      this.#inFlightBytes -= bytes;
      if (message.reuse) this.buffers.give(message.reuse);
      sender.puback(sent);
      if (error) this.#options.onRefused(error);
      else this.#pace.measured(underWay, clock.mono() - left);
      this.pump();
    });
    this.#inFlightBytes += bytes;
    const underWay = this.#inFlightBytes;
    this.#schedule.sent(flow, bytes);
    this.#drain.spent(bytes, left);
    meter.packet(LANE_OF[flow], bytes);
  }
}
