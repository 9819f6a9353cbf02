// models: a pool of looking threads behind one Looker. In: pictures, a bounded number at a time. Out: finds.
// Never: a look without an end, a result that depends on which thread gave it, an unbounded queue.
import { KerbError } from '../contract/errors.ts';
import { type LoadedCard, withWeights } from './card.ts';
import { safe, type Use } from './choice.ts';
import { FINE, Seat } from './seat.ts';
import { type Look, type LookDepth, type Looker, type LookOptions, MAX_CROPS, type Picture } from './types.ts';

/** What a pool is made of. */
export interface LookerOptions {
  readonly card: LoadedCard;
  /** the cache folder; a card's model files are sought beside the card first, then here */
  readonly cacheDir: string;
  /** runtime and weights, as this box's own trial chose them; what is safe everywhere if not given, or if they fail */
  readonly use?: Use;
  /** threads, 1..16 */
  readonly workers: number;
  /** longest time for one look once it has begun, milliseconds; 20 s if not given; a fine one has four times as long */
  readonly deadlineMs?: number;
  /** sizes loaded and tried before the looker is handed out; the others at their first look; 'base' if not given */
  readonly warm?: LookDepth;
  /** beside live looks: one thread is opened after the other, so that one core at most is taken from them */
  readonly gently?: boolean;
  /** looks that may wait beyond those that run; 16 if not given */
  readonly queue?: number;
  /** told each time a thread is given up and replaced */
  readonly onRestart?: (why: KerbError) => void;
  /** another program for the threads (tests) */
  readonly program?: URL;
}

interface Waiting {
  readonly picture: Picture;
  readonly options: LookOptions;
  readonly resolve: (look: Look) => void;
  readonly reject: (error: Error) => void;
}

const maxSide = 20_000;
const DEADLINE_MS = 20_000;
/** No look lasts longer, unless its pool was given another deadline, ms. */
export const LONGEST_LOOK_MS = DEADLINE_MS * FINE;

/**
 * Starts the threads and tries the model in each. What a trial once chose may have gone (a library, a file): then, and told
 * by `onRestart`, what is safe everywhere.
 * @throws KerbError MODEL_MISSING, MODEL_ALTERED, MODEL_UNREADABLE, MODEL_UNSUPPORTED, MODEL_SHAPE, MODEL_INSANE, LOOK_FAILED
 */
export async function createLooker(options: LookerOptions): Promise<Looker> {
  const { use = safe } = options;
  if (use.runtime === safe.runtime && use.weights === safe.weights) return start(options);
  try {
    return await start(options);
  } catch (error) {
    if (!(error instanceof KerbError)) throw error;
    const looker = await start({ ...options, use: safe });
    options.onRestart?.(error);
    return looker;
  }
}

async function start(options: LookerOptions): Promise<Looker> {
  const pool = new Pool(options);
  try {
    await pool.started;
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class Pool implements Looker {
  readonly workers: number;
  readonly use: Use;
  readonly started: Promise<void>;
  readonly #seats: Seat[];
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #next = 1;
  #closed = false;
  #starting: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(options: LookerOptions) {
    this.workers = Math.min(Math.max(Math.trunc(options.workers), 1), 16);
    this.use = options.use ?? safe;
    this.#limit = options.queue ?? 16;
    this.started = new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
    });
    const { folder } = options.card;
    const { runtime, weights } = this.use;
    const card = withWeights(options.card.card, weights);
    const places = { folder, cacheDir: options.cacheDir };
    this.#seats = Array.from(
      { length: this.workers },
      () =>
        new Seat({
          start: { card, places, runtime, weights, warm: options.warm ?? 'base' },
          program: options.program ?? new URL('./worker.ts', import.meta.url),
          deadlineMs: options.deadlineMs ?? DEADLINE_MS,
          changed: () => this.#pump(),
          restarted: (why) => options.onRestart?.(why),
        }),
    );
    for (const seat of options.gently ? this.#seats.slice(0, 1) : this.#seats) seat.start();
  }

  get busy(): number {
    return this.#running + this.#waiting.length;
  }

  look(picture: Picture, options: LookOptions): Promise<Look> {
    return new Promise((resolve, reject) => {
      checkPicture(picture);
      checkCrops(picture, options.crops ?? []);
      const fail = (code: string, what: string, remedy: string) => reject(new KerbError(code, what, 'look', remedy));
      if (this.#closed) return fail('LOOK_FAILED', 'the looker is closed', 'nothing to do');
      if (this.#waiting.length >= this.#limit) {
        return fail(
          'LOOK_BUSY',
          `${this.#waiting.length} looks are waiting already`,
          'look less often, or add workers',
        );
      }
      this.#waiting.push({ picture, options, resolve, reject });
      this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) {
      waiting.reject(new KerbError('LOOK_FAILED', 'the looker was closed', 'look', 'nothing to do'));
    }
    await Promise.all(this.#seats.map((seat) => seat.close()));
  }

  #pump(): void {
    if (this.#closed) return;
    this.#tellStart();
    const fault = this.#seats.every((seat) => seat.state === 'down') ? this.#seats[0]?.fault : undefined;
    if (fault) for (const waiting of this.#waiting.splice(0)) waiting.reject(fault);
    for (const seat of this.#seats) {
      if (seat.state !== 'idle') continue;
      const waiting = this.#waiting.shift();
      if (!waiting) return;
      this.#run(seat, waiting);
    }
  }

  #run(seat: Seat, { picture, options, resolve, reject }: Waiting): void {
    const { width, height } = picture;
    // Shared pictures are read where they lie; others are copied, once, and the copy handed over.
    const shared = picture.rgb.buffer instanceof SharedArrayBuffer;
    const rgb = shared ? picture.rgb : new Uint8Array(picture.rgb);
    const transfer = shared ? [] : [rgb.buffer as ArrayBuffer];
    this.#running++;
    seat
      .look({ id: this.#next++, picture: { width, height, rgb }, ...options }, transfer)
      .finally(() => this.#running--)
      .then(resolve, reject);
  }

  #tellStart(): void {
    if (!this.#starting) return;
    const fault = this.#seats.find((seat) => seat.fault)?.fault;
    const next = this.#seats.find((seat) => seat.state !== 'idle');
    if (fault) this.#starting.reject(fault);
    else if (!next) this.#starting.resolve();
    else {
      // without a fault it is down as it was not started yet
      if (next.state === 'down') next.start();
      return;
    }
    this.#starting = undefined;
  }
}

function checkPicture({ width, height, rgb }: Picture): void {
  const whole = (side: number) => Number.isInteger(side) && side >= 1 && side <= maxSide;
  if (whole(width) && whole(height) && rgb.length === width * height * 3) return;
  const what = `is no ${width}x${height} RGB picture: ${rgb.length} bytes`;
  throw new KerbError('PICTURE_UNFIT', what, 'look', 'give width x height x 3 bytes');
}

function checkCrops({ width, height }: Picture, crops: readonly (readonly number[])[]): void {
  const fail = (what: string) => {
    throw new KerbError('CROP_UNFIT', what, 'look', 'cut crops to the picture, in whole pixels, and give fewer');
  };
  if (crops.length > MAX_CROPS) fail(`${crops.length} crops are more than ${MAX_CROPS}`);
  for (const crop of crops) {
    const [x = 0, y = 0, across = 0, down = 0] = crop;
    const isWhole = crop.length === 4 && crop.every(Number.isInteger) && across >= 1 && down >= 1;
    if (!isWhole || x < 0 || y < 0 || x + across > width || y + down > height) {
      fail(`the crop [${crop}] does not lie in a picture of ${width}x${height}`);
    }
  }
}
