// centre: watches a repository, be it a folder here or an address. In: time that passes. Out: its offer whenever its
// timestamp has another version. A repository that is not there (yet), or cannot be read, keeps what was known and says why.
import { open, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError, oneLine } from '../contract/index.ts';
import { MAX_METADATA_BYTES, type Offer, readOffer, readTimestamp } from './offer.ts';

/** Where a repository lies. */
export type Source = { kind: 'folder'; path: string } | { kind: 'url'; url: string };

export interface RepositoryState {
  source: string;
  /** null: nothing was published there yet */
  offer: Offer | null;
  /** why it cannot be read now */
  fault: string | null;
}

/** A look at a folder costs one stat, one at an address a request. */
const EVERY_MS = { folder: 500, url: 15_000 };
const ANSWER_WITHIN_MS = 10_000;

/** A repository's address or folder. @throws KerbError USAGE */
export function parseSource(text: string, resolve: (path: string) => string): Source {
  if (!/^[a-z]+:\/\//i.test(text)) return { kind: 'folder', path: resolve(text) };
  const url = URL.parse(text);
  if (url && ['http:', 'https:'].includes(url.protocol) && url.username + url.password === '')
    return { kind: 'url', url: url.href.replace(/\/*$/, '/') };
  const shown = text.replace(/\/\/.*@/, '//').slice(0, 100);
  throw new KerbError('USAGE', `"${shown}" is no repository`, '--updates', 'give http(s)://... or a folder');
}

export class RepositoryWatch {
  readonly #source: Source;
  readonly #onOffer: (offer: Offer) => void;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  /** what the folder's timestamp.json looked like when it was read last */
  #seen = '';
  readonly state: RepositoryState;

  constructor(source: Source, onOffer: (offer: Offer) => void) {
    this.#source = source;
    this.#onOffer = onOffer;
    this.state = { source: source.kind === 'url' ? source.url : source.path, offer: null, fault: null };
  }

  start(): void {
    void this.#look().finally(() => {
      if (!this.#abort.signal.aborted) this.#timer = setTimeout(() => this.start(), EVERY_MS[this.#source.kind]);
    });
  }

  close(): void {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const look = this.#source.kind === 'folder' ? await this.#stamp(this.#source.path) : '';
      if (look !== '' && look === this.#seen) return;
      const { timestamp } = readTimestamp(await this.#read('timestamp.json'));
      if (timestamp !== this.state.offer?.timestamp) {
        const offer = await readOffer(this.#read);
        this.state.offer = offer;
        if (!this.#abort.signal.aborted) this.#onOffer(offer);
      }
      this.state.fault = null;
      this.#seen = look;
    } catch (error) {
      // Nothing was published yet: no fault, it may come at any time.
      const none = this.state.offer === null && (error as NodeJS.ErrnoException).code === 'ENOENT';
      this.state.fault = none ? null : oneLine(error);
    }
  }

  async #stamp(folder: string): Promise<string> {
    const { ino, size, mtimeMs } = await stat(join(folder, 'metadata', 'timestamp.json'));
    return `${ino}/${size}/${mtimeMs}`;
  }

  readonly #read = async (name: string): Promise<Buffer> => {
    if (this.#source.kind === 'folder') return readSmall(join(this.#source.path, 'metadata', name));
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const response = await fetch(`${this.#source.url}metadata/${name}`, { signal, cache: 'no-store' });
    if (!response.ok) throw new Error(`${name}: the server answers ${response.status}`);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body ?? []) {
      bytes += part.length;
      if (bytes > MAX_METADATA_BYTES) throw new Error(`${name}: more than ${MAX_METADATA_BYTES} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  };
}

async function readSmall(path: string): Promise<Buffer> {
  const file = await open(await realpath(path));
  try {
    const { size } = await file.stat();
    if (size > MAX_METADATA_BYTES) throw new Error(`${path}: more than ${MAX_METADATA_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
