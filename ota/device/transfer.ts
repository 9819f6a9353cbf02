// ota/device: one HTTP answer. In: an address, an offset, a limit. Out: its bytes in order, as they come, and what the head
// said. A stalled or dripping server is left after two slow windows; there is no total deadline, as a large target over a
// poor link may take hours. Never: a byte past the limit; bytes of another range than was asked for.
import { DownloadHTTPError, DownloadLengthMismatchError } from 'tuf-js/dist/error.js';
import type { KerbError } from '../../contract/errors.ts';
import { oneLine } from '../../contract/errors.ts';
import { refusal } from './errors.ts';

/** How patient a transfer is. */
export interface Pace {
  /** until the head of the answer, ms */
  readonly headMs: number;
  /** length of a window, ms */
  readonly windowMs: number;
  /** a window with fewer bytes a second is slow; the second slow one in a row ends the transfer */
  readonly leastBytesPerS: number;
  /** pause before the first further attempt, ms; doubles, up to 16 times this */
  readonly pauseMs: number;
}

/** 512 B/s is an eighth of the poorest link that boxes are used with (GPRS, 32 kbit/s). */
export const PACE: Pace = { headMs: 30_000, windowMs: 10_000, leastBytesPerS: 512, pauseMs: 250 };

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Ask {
  readonly fetch: Fetch;
  readonly url: string;
  readonly pace: Pace;
  /** first byte that is wanted */
  readonly from: number;
  /** the answer, from byte 0 of the file, may not be longer than this */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** The connection broke or never came about: worth another attempt. */
export class Cut extends Error {}

export interface Head {
  /** where the answer's first byte belongs in the file: `from`, or 0 where the server ignores ranges */
  readonly at: number;
}

/**
 * Asks once. `head` is called before the first byte, `take` for each chunk; both are awaited.
 * @throws Cut, DownloadHTTPError, DownloadLengthMismatchError, KerbError UPDATE_TOO_SLOW or UPDATE_RANGE, and whatever
 * `head` and `take` throw
 */
export async function transfer(
  ask: Ask,
  head: (head: Head) => Promise<void>,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const watch = new Watch(ask);
  try {
    const response = await watch.head(() => ask.fetch(ask.url, request(ask, watch.signal)));
    const at = startOf(ask, response);
    await head({ at });
    await readBody(ask, at, response, watch, take);
  } finally {
    // What is left of an answer is not wanted; without this its connection would stay open.
    watch.end();
  }
}

function request({ from }: Ask, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'kerbside' };
  if (from > 0) headers['range'] = `bytes=${from}-`;
  return { headers, signal, redirect: 'follow', cache: 'no-store' };
}

/** Where the answer begins in the file. */
function startOf(ask: Ask, response: Response): number {
  const { status, headers } = response;
  if (status === 416 && ask.from > 0) {
    throw refusal(
      'UPDATE_RANGE',
      `it says there is nothing from byte ${ask.from}`,
      ask.url,
      'the file is asked for whole',
    );
  }
  if (status !== 200 && status !== 206) throw new DownloadHTTPError(`the answer is ${status}`, status);
  const length = Number(headers.get('content-length') ?? 'NaN');
  const at = status === 206 ? rangeStart(ask, headers) : 0;
  if (at + length > ask.limit) throw new DownloadLengthMismatchError(`${at + length} bytes, at most ${ask.limit}`);
  return at;
}

function rangeStart(ask: Ask, headers: Headers): number {
  const told = headers.get('content-range') ?? '';
  const [, first, last, whole] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(told) ?? [];
  const start = Number(first ?? 'NaN');
  const fits = start === ask.from && ask.from > 0 && Number(last) >= start && Number(last) < ask.limit;
  if (!fits || (whole !== '*' && Number(whole) > ask.limit) || headers.has('content-encoding')) {
    const what = `asked for bytes from ${ask.from}, it answers "${told.slice(0, 60)}"`;
    throw refusal('UPDATE_RANGE', what, ask.url, 'repair the server or proxy; the file is asked for whole');
  }
  return start;
}

async function readBody(
  ask: Ask,
  at: number,
  response: Response,
  watch: Watch,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  if (!response.body) return;
  const reader = response.body.getReader();
  let seen = at;
  for (;;) {
    const { done, value } = await watch.read(() => reader.read());
    if (done) return;
    seen += value.length;
    if (seen > ask.limit) throw new DownloadLengthMismatchError(`more than ${ask.limit} bytes`);
    await take(value);
  }
}

/** Ends a transfer that makes too little progress, and names why it ended. */
class Watch {
  readonly #ask: Ask;
  readonly #abort = new AbortController();
  readonly signal: AbortSignal;
  #why: KerbError | null = null;
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #slow = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
    this.signal = ask.signal ? AbortSignal.any([ask.signal, this.#abort.signal]) : this.#abort.signal;
  }

  /** Awaits the head of the answer. */
  async head(ask: () => Promise<Response>): Promise<Response> {
    const { headMs, windowMs } = this.#ask.pace;
    this.#timer = setTimeout(() => this.#stop(`no answer within ${headMs} ms`), headMs);
    const response = await this.#named(ask);
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => this.#window(), windowMs);
    return response;
  }

  /** Awaits the next chunk. */
  async read<R extends { value?: Uint8Array | undefined }>(next: () => Promise<R>): Promise<R> {
    const result = await this.#named(next);
    this.#bytes += result.value?.length ?? 0;
    return result;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#abort.abort();
  }

  #window(): void {
    const { leastBytesPerS, windowMs } = this.#ask.pace;
    this.#slow = this.#bytes < (leastBytesPerS * windowMs) / 1000 ? this.#slow + 1 : 0;
    if (this.#slow === 2) this.#stop(`less than ${leastBytesPerS} bytes a second for ${2 * windowMs} ms`);
    this.#bytes = 0;
  }

  #stop(what: string): void {
    this.#why = refusal('UPDATE_TOO_SLOW', what, this.#ask.url, 'tried again later; what came so far is kept');
    this.#abort.abort();
  }

  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#why) throw this.#why;
      if (this.#ask.signal?.aborted) throw this.#ask.signal.reason;
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${oneLine(error.cause)}` : '';
      throw new Cut(`${oneLine(error)}${cause}`, { cause: error });
    }
  }
}
