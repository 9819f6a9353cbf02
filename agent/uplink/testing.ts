// agent/uplink: what its tests share: a lane in memory, and telemetry points.
import { type Lane, pointText, roundPoint, type TelemetryPoint } from '../../contract/index.ts';
import type { LaneSource, WaitingRecord } from './types.ts';

export const EPOCH = '0123456789abcdef';

/** The text of the nth point of a drive to the east. */
export function pointTextOf(n: number, more: Partial<TelemetryPoint> = {}): string {
  const at = Date.UTC(2026, 2, 1) + n * 1000;
  const place = { mode: 3, lat: 33.8446, lon: 115.7786 + n * 1e-5, alt: 37.2, track: 90, hdop: 0.8, satellites: 17 };
  const motion = {
    speed: 8.33,
    speed_source: 1,
    speed_bus: null,
    odometer: 1000 + 8 * n,
    engine_s: 60 + n,
    rpm: 900.125,
  };
  const rest = { fuel: 55.5, ignition: 1, lines: 5, flags: 0, why: 0 };
  return pointText(roundPoint({ v: 1, kind: 'telemetry', at, ...place, ...motion, ...rest, ...more }));
}

/** A lane that lives in memory. */
export class MemoryLane implements LaneSource {
  readonly lane: Lane;
  readonly epoch = EPOCH;
  low = 1;
  records: WaitingRecord[] = [];
  acks: number[] = [];
  #wake: (() => void)[] = [];

  constructor(lane: Lane, count = 0) {
    this.lane = lane;
    for (let i = 0; i < count; i++) this.add();
  }

  get nextSeq(): number {
    return (this.records.at(-1)?.seq ?? 0) + 1;
  }

  add(seq = this.nextSeq, more: Partial<WaitingRecord> = {}): void {
    const text = JSON.stringify({ seq });
    const record: WaitingRecord = {
      seq,
      kind: 'opaque',
      at: seq,
      boot: 'boot',
      mono: seq,
      clock: 'held',
      text,
      bytes: null,
    };
    this.records.push({ ...record, ...more });
    for (const wake of this.#wake.splice(0)) wake();
  }

  async *batches(from: number) {
    yield this.records.filter(({ seq }) => seq >= Math.max(from, this.low));
  }

  async waitForMore(seq: number, signal: AbortSignal): Promise<boolean> {
    while (this.nextSeq <= seq && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        signal.addEventListener('abort', () => resolve());
      });
    }
    return !signal.aborted;
  }

  ack(_: string, upTo: number): void {
    this.acks.push(upTo);
    this.low = Math.max(this.low, upTo + 1);
  }
}
