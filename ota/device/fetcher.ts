// ota/device: the fetcher that tuf-js is given, for metadata. In: an address and a limit. Out: the whole file, in memory.
// Metadata is small (5 MB at most), so a broken connection starts the file again, three times in all.
// Never: more bytes than the limit; a 404 or 403 under another name than DownloadHTTPError, by which tuf-js knows that it
// has read the newest root.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetcher } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { refusal } from './errors.ts';
import { Cut, type Fetch, type Pace, transfer } from './transfer.ts';

const ATTEMPTS = 3;

export interface Way {
  readonly fetch: Fetch;
  readonly pace: Pace;
  readonly signal?: AbortSignal | undefined;
}

/** Whether another attempt may do better. */
export function worthAgain(error: unknown): boolean {
  return error instanceof Cut || (error instanceof DownloadHTTPError && error.statusCode >= 500);
}

/** The last attempt's failure as it is told: a broken connection gets its name. */
export function lastFailure(error: unknown, url: string): unknown {
  if (!(error instanceof Cut)) return error;
  return refusal('UPDATE_UNREACHABLE', error.message.slice(0, 200), url, 'check the network; tried again later', error);
}

/** The pause before attempt n + 1, ms. */
export const pause = (pace: Pace, attempt: number): number => pace.pauseMs * 2 ** Math.min(attempt - 1, 4);

export class MetadataFetcher implements Fetcher {
  readonly #way: Way;

  constructor(way: Way) {
    this.#way = way;
  }

  /** @throws DownloadHTTPError, DownloadLengthMismatchError, KerbError UPDATE_TOO_SLOW, UPDATE_UNREACHABLE */
  async downloadBytes(url: string, limit: number): Promise<Buffer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(url, limit);
      } catch (error) {
        if (attempt === ATTEMPTS || !worthAgain(error)) throw lastFailure(error, url);
      }
      await sleep(pause(this.#way.pace, attempt), undefined, { signal: this.#way.signal });
    }
  }

  async #once(url: string, limit: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    await transfer(
      { ...this.#way, url, from: 0, limit },
      async () => {},
      async (chunk) => {
        chunks.push(chunk);
      },
    );
    return Buffer.concat(chunks);
  }

  /** Targets do not come this way: they are large, go to their own place and resume (target.ts). */
  downloadFile<T>(): Promise<T> {
    throw new Error('targets are fetched by target.ts');
  }
}
