// agent/uplink: counts what the way upstream costs and keeps it across restarts, together with the drain rate that the
// centre set. In: packets. Out: days. Cheap on flash: figures are written every ten minutes where they have changed, and
// at the end; a loss of power costs ten minutes of counting.
import { connectionBytes, Traffic, type TrafficDay, type TrafficKind, wireBytes } from './traffic.ts';
import type { UplinkClock, UplinkMemoryFile } from './types.ts';

export interface MeterOptions {
  readonly clock: UplinkClock;
  readonly memory: UplinkMemoryFile | undefined;
  /** ms between two writes */
  readonly every: number;
  readonly tls: boolean;
}

export class Meter {
  readonly #options: MeterOptions;
  readonly #traffic: Traffic;
  #drainRate: number | null;
  #changed = false;
  #written: number;
  /** whether the newest write is on disk */
  #writing: Promise<boolean> = Promise.resolve(false);

  constructor(options: MeterOptions) {
    this.#options = options;
    const known = options.memory?.read();
    this.#traffic = new Traffic(known?.days);
    this.#drainRate = known?.drainRate ?? null;
    this.#written = options.clock.mono();
  }

  get days(): readonly TrafficDay[] {
    return this.#traffic.days;
  }

  get drainRate(): number | null {
    return this.#drainRate;
  }

  /** Resolves with whether it will survive a restart. */
  keepDrainRate(rate: number | null): Promise<boolean> {
    this.#drainRate = rate;
    this.#changed = true;
    this.#write();
    return this.#writing;
  }

  /** An MQTT packet of so many bytes went up or came down. */
  packet(kind: TrafficKind, bytes: number): void {
    this.#count(kind, wireBytes(bytes, this.#options.tls));
  }

  /** A connection is opened. */
  dial(tls: boolean): void {
    this.#count('link', connectionBytes(tls));
  }

  #count(kind: TrafficKind, bytes: number): void {
    const { clock } = this.#options;
    const day = clock.quality?.() === 'unknown' ? 'unknown' : new Date(clock.wall()).toISOString().slice(0, 10);
    this.#traffic.count(day, kind, bytes);
    this.#changed = true;
  }

  tick(): void {
    if (this.#options.clock.mono() - this.#written >= this.#options.every) this.#write();
  }

  #write(): void {
    const { memory, clock } = this.#options;
    this.#written = clock.mono();
    if (!memory || !this.#changed) return;
    this.#changed = false;
    const now = { days: structuredClone(this.#traffic.days), drainRate: this.#drainRate };
    // A file that cannot be written (a full disk) costs figures only; the next time tries again.
    const write = async () => {
      await memory.write(now);
      return true;
    };
    this.#writing = this.#writing.then(write).catch(() => false);
  }

  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }
}
