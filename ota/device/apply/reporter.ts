// ota/device/apply: tells the centre what runs here, signed. In: the state of updates. Out: a report at start, whenever
// something changed, and once a day. Never: the same number twice; a report that cannot be kept harms nothing else.
import { type KeyObject, randomBytes } from 'node:crypto';
import { oneLine, type Report, type ReportBody, signReport } from '../../../contract/index.ts';
import type { UpdateMemory } from './memory.ts';

export interface ReporterOptions {
  readonly device: string;
  readonly key: KeyObject;
  readonly memory: UpdateMemory;
  readonly now: () => number;
  readonly boot: string;
  readonly clock: () => ReportBody['clock'];
  readonly slot: ReportBody['slot'];
  /** what there is to say */
  readonly view: () => Pick<ReportBody, 'versions' | 'items' | 'fault'>;
  /** keeps a report until the centre has it; rejects when that is not possible now */
  readonly keep: (report: Report) => Promise<unknown>;
  readonly log: (line: string) => void;
}

const DAY_MS = 86_400_000;
/** Changes that follow each other closely are told once. */
const SETTLE_MS = 300;
const RETRY_MS = 60_000;

export class Reporter {
  readonly #options: ReporterOptions;
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Something may have changed. */
  changed(): void {
    if (JSON.stringify(this.#options.view()) !== this.#told) this.#plan(SETTLE_MS);
  }

  /** Told so far is kept; nothing more is told. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#work;
  }

  #plan(inMs: number): void {
    const due = performance.now() + inMs;
    if (this.#closed || due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#work = this.#work.then(() => this.#tell());
    }, inMs);
    this.#timer.unref();
  }

  async #tell(): Promise<void> {
    const { memory, key, keep, log } = this.#options;
    const view = this.#options.view();
    try {
      await keep(signReport(this.#body(await memory.nextReport(), view), key));
      this.#told = JSON.stringify(view);
      this.#plan(DAY_MS);
      this.changed();
    } catch (error) {
      log(`no report could be kept: ${oneLine(error)}`);
      this.#plan(RETRY_MS);
    }
  }

  #body(counter: number, view: ReturnType<ReporterOptions['view']>): ReportBody {
    const { device, now, boot, clock, slot } = this.#options;
    const nonce = randomBytes(16).toString('hex');
    const head = { v: 1, kind: 'report-body', device, counter, nonce } as const;
    return { ...head, at: Math.max(0, Math.round(now())), boot, clock: clock(), slot, ...view };
  }
}
