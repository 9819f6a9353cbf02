// drivers/can: a serial CAN adapter as a CAN source. In: a serial port. Out: frames. Sent to the adapter: close (`C`),
// bit rate (`S`), open in listen-only mode (`L`), close at the end. Never: `O` (open with acknowledging) or a frame.
import { KerbError } from '../../contract/errors.ts';
import type { ByteSource } from '../serial/index.ts';
import { SlcanParser } from './slcan-parser.ts';
import type { CanCounters, CanListener, CanSource } from './types.ts';

/** slcan's bit rate codes, bit/s */
const BIT_RATES = [10_000, 20_000, 50_000, 100_000, 125_000, 250_000, 500_000, 800_000, 1_000_000];

export interface SlcanOptions {
  /** bit/s; J1939 runs at 250 000 (the default) or 500 000 */
  readonly bitRate?: number;
  /** the name frames carry as their channel */
  readonly channel?: string;
}

export class SlcanSource implements CanSource {
  readonly #port: ByteSource;
  readonly #setup: Uint8Array;
  readonly #parser: SlcanParser;
  #listener: CanListener | undefined;
  #down = false;
  #stopped = false;

  /** @throws KerbError CAN_BIT_RATE where slcan has no code for it */
  constructor(port: ByteSource, options: SlcanOptions = {}) {
    const rate = options.bitRate ?? 250_000;
    const code = BIT_RATES.indexOf(rate);
    if (code < 0) {
      throw new KerbError(
        'CAN_BIT_RATE',
        `${rate} bit/s is unknown to slcan`,
        'bitRate',
        `use ${BIT_RATES.join(', ')}`,
      );
    }
    this.#port = port;
    this.#setup = new TextEncoder().encode(`C\rS${code}\rL\r`);
    this.#parser = new SlcanParser((frame) => this.#listener?.frame(frame), options.channel);
  }

  get counters(): CanCounters {
    return this.#parser.counters;
  }

  /** how often the adapter refused a command */
  get refusals(): number {
    return this.#parser.refusals;
  }

  start(listener: CanListener): void {
    if (this.#listener !== undefined || this.#stopped) return;
    this.#listener = listener;
    this.#port.open({
      ready: () => {
        this.#parser.reset();
        this.#port.write(this.#setup);
        if (this.#down) listener.back();
        this.#down = false;
      },
      bytes: (chunk, time) => {
        if (!this.#stopped) this.#parser.push(chunk, time);
      },
      lost: (loss) => {
        if (this.#stopped) return;
        this.#down = true;
        listener.lost({ code: 'CAN_PORT', message: loss.message });
      },
    });
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#port.write(new TextEncoder().encode('C\r'));
    await this.#port.close();
  }
}
