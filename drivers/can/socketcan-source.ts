// drivers/can: a SocketCAN interface as a CAN source. In: an interface's name. Out: frames with the kernel's times.
// Never: a frame sent. (Whether the controller acknowledges is the interface's setting:
// `ip link set can0 type can bitrate 250000 listen-only on`.)
import { oneLine } from '../../contract/errors.ts';
import { type CanCounters, type CanListener, type CanLoss, type CanSource, newCounters } from './types.ts';

/** The part of the npm package `socketcan` that is used. It is optional at install: there may be no compiler. */
export interface SocketCanModule {
  createRawChannelWithOptions(name: string, options: { timestamps: boolean }): SocketCanChannel;
}

export interface SocketCanChannel {
  addListener(event: string, callback: (message: never) => void): void;
  start(): void;
  stop(): void;
}

interface SocketCanMessage {
  readonly id: number;
  readonly data: Uint8Array;
  readonly ext?: boolean;
  readonly rtr?: boolean;
  readonly err?: boolean;
  readonly ts_sec: number;
  readonly ts_usec: number;
}

export interface SocketCanOptions {
  /** how long to wait before the interface is tried again, ms */
  readonly retryMs?: number;
  /** gives the package; a test gives its own */
  readonly load?: () => Promise<SocketCanModule>;
}

async function loadPackage(): Promise<SocketCanModule> {
  // not a literal: the package may be absent, also when types are checked
  const name: string = 'socketcan';
  const loaded = (await import(name)) as SocketCanModule & { default?: SocketCanModule };
  return loaded.default ?? loaded;
}

export class SocketCanSource implements CanSource {
  readonly counters: CanCounters = newCounters();
  readonly #name: string;
  readonly #retryMs: number;
  readonly #load: () => Promise<SocketCanModule>;
  #listener: CanListener | undefined;
  #channel: SocketCanChannel | undefined;
  #timer: NodeJS.Timeout | undefined;
  #down = false;
  #stopped = false;

  constructor(name: string, options: SocketCanOptions = {}) {
    this.#name = name;
    this.#retryMs = options.retryMs ?? 2000;
    this.#load = options.load ?? loadPackage;
  }

  start(listener: CanListener): void {
    if (this.#listener !== undefined || this.#stopped) return;
    this.#listener = listener;
    void this.#open();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#close();
  }

  async #open(): Promise<void> {
    let module: SocketCanModule;
    try {
      module = await this.#load();
    } catch (error) {
      // it will not appear by itself: no further try
      this.#lose({
        code: 'CAN_DRIVER_MISSING',
        message: `${this.#name}: the package socketcan is not usable here (${oneLine(error)}); install a compiler and run npm run setup again, or use an slcan adapter`,
      });
      return;
    }
    if (this.#stopped) return;
    try {
      const channel = module.createRawChannelWithOptions(this.#name, { timestamps: true });
      this.#channel = channel;
      channel.addListener('onMessage', (message: SocketCanMessage) => this.#message(message));
      channel.addListener('onStopped', () => this.#gone());
      channel.start();
      if (this.#down) this.#listener?.back();
      this.#down = false;
    } catch (error) {
      this.#channel = undefined;
      this.#lose({
        code: 'CAN_INTERFACE',
        message: `${this.#name}: ${oneLine(error)}; is the interface there and up? ip link set ${this.#name} up type can bitrate 250000 listen-only on`,
      });
      this.#later();
    }
  }

  #message(message: SocketCanMessage): void {
    if (this.#stopped) return;
    const counters = this.counters;
    if (message.err) {
      counters.error++;
      return;
    }
    if (message.rtr) {
      counters.remote++;
      return;
    }
    const { id, data } = message;
    const extended = message.ext === true;
    if (!(id >= 0 && id <= (extended ? 0x1fffffff : 0x7ff))) {
      counters.bad.id++;
      return;
    }
    if (data.length > 64) {
      counters.bad.length++;
      return;
    }
    const time = message.ts_sec * 1000 + message.ts_usec / 1000;
    if (!Number.isFinite(time)) {
      counters.bad.time++;
      return;
    }
    counters.frames++;
    if (extended) counters.extended++;
    else counters.standard++;
    if (data.length > 8) counters.fd++;
    this.#listener?.frame({ time, id, extended, data, channel: this.#name });
  }

  #gone(): void {
    if (this.#stopped || this.#channel === undefined) return;
    this.#channel = undefined;
    this.#lose({ code: 'CAN_STOPPED', message: `${this.#name}: the interface went away or down; it is tried again` });
    this.#later();
  }

  #close(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    try {
      channel?.stop();
    } catch {
      // already stopped by the kernel's side
    }
  }

  /** Told once per loss, not once per try. */
  #lose(loss: CanLoss): void {
    if (!this.#down && !this.#stopped) this.#listener?.lost(loss);
    this.#down = true;
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#open(), this.#retryMs);
  }
}
