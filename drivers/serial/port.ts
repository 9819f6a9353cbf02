// drivers/serial: a serial port that heals. In: a path and a baud rate, a clock. Out: bytes with their arrival, losses,
// returns. Never: a throw, a growing queue, or an attempt to open more often than four times a second.
import { SerialPort } from 'serialport';
import type { ByteListener, ByteLoss, ByteSource } from './types.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;
/** a port silent for so long is asked whether it is still there */
const PROBE_MS = 1000;
/** what the system says of a device that has gone, and never of a pty or an adapter without modem lines */
const GONE = /input\/output error|no such device|bad file descriptor|\b(EIO|ENODEV|ENXIO|EBADF)\b/i;
/** written bytes that may wait for a slow port; more are dropped */
const MAX_WAITING = 65_536;

export interface SerialOptions {
  /** /dev/ttyUSB0, /dev/serial/by-id/..., or a pty */
  readonly path: string;
  /** bit/s, 8 data bits, no parity, one stop bit */
  readonly baud: number;
  /** epoch ms of the box */
  readonly now: () => number;
}

/** A serial port. It is opened again and again while it is away: after 250 ms, then ever later, at most every 2 s. */
export function openSerial(options: SerialOptions): ByteSource {
  return new SerialSource(options);
}

class SerialSource implements ByteSource {
  readonly recorded = false;
  readonly #options: SerialOptions;
  #listener: ByteListener | undefined;
  #port: SerialPort | undefined;
  #timer: NodeJS.Timeout | undefined;
  #probe: NodeJS.Timeout | undefined;
  #heard = false;
  #wait = FIRST_WAIT_MS;
  #lost = false;
  #closed = false;

  constructor(options: SerialOptions) {
    this.#options = options;
  }

  open(listener: ByteListener): void {
    if (this.#listener !== undefined || this.#closed) return;
    this.#listener = listener;
    this.#try();
  }

  write(bytes: Uint8Array): void {
    const port = this.#port;
    if (port?.isOpen !== true || port.writableLength + bytes.length > MAX_WAITING) return;
    port.write(Buffer.from(bytes));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#probe);
    const port = this.#port;
    this.#port = undefined;
    if (port === undefined) return;
    if (port.opening) await new Promise<void>((done) => port.once('open', () => done()).once('error', () => done()));
    if (port.isOpen) await new Promise<void>((done) => port.close(() => done()));
  }

  #try(): void {
    const { path, baud, now } = this.#options;
    const port = new SerialPort({ path, baudRate: baud, autoOpen: false, highWaterMark: 16_384 });
    this.#port = port;
    const listener = this.#listener!;
    port.on('data', (chunk: Buffer) => {
      if (this.#port !== port) return;
      this.#heard = true;
      listener.bytes(chunk, now());
    });
    port.on('error', (error) => this.#gone(port, 'SERIAL_CLOSED', error.message));
    port.on('close', (error: Error | null) => this.#gone(port, 'SERIAL_CLOSED', error?.message ?? 'the port closed'));
    port.open((error) => {
      if (this.#closed) {
        if (!error) port.close(() => {});
        return;
      }
      if (error) {
        const missing = /no such file|cannot find|ENOENT/i.test(error.message);
        this.#gone(port, missing ? 'SERIAL_MISSING' : 'SERIAL_REFUSED', error.message);
        return;
      }
      this.#wait = FIRST_WAIT_MS;
      this.#lost = false;
      this.#probe = setInterval(() => this.#ask(port), PROBE_MS);
      listener.ready();
    });
  }

  /**
   * serialport misses a hang-up that comes while it reads: it then reads nothing, again and again, and tells nobody.
   * So a silent port is asked for its modem lines, to which a device that has gone answers with an error of its own.
   */
  #ask(port: SerialPort): void {
    const heard = this.#heard;
    this.#heard = false;
    if (heard || this.#port !== port || !port.isOpen) return;
    port.get((error) => {
      if (error && GONE.test(error.message)) this.#gone(port, 'SERIAL_CLOSED', error.message);
    });
  }

  /** The port is away: told once, then tried again. */
  #gone(port: SerialPort, code: ByteLoss['code'], message: string): void {
    if (this.#port !== port || this.#closed) return;
    this.#port = undefined;
    clearInterval(this.#probe);
    port.removeAllListeners('data');
    if (port.isOpen) port.close(() => {});
    if (!this.#lost) {
      this.#lost = true;
      this.#listener!.lost({ code, message: `${this.#options.path}: ${message.slice(0, 200)}` });
    }
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#try(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }
}
