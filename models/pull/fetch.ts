// models/pull: fetches one file, however often the line breaks. In: an address, a folder. Out: the whole file and its hash.
// Never: more than the bound, a wait without an end, a part of one version joined to a part of another, a half file under
// the final name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KerbError, oneLine } from '../../contract/errors.ts';

export interface FetchOptions {
  /** where parts and whole files are kept */
  readonly folder: string;
  /** largest file, bytes */
  readonly maxBytes: number;
  /** told how far it is */
  readonly progress: (line: string) => void;
  /** without a byte for so long, the line counts as broken, ms; 30 s if not given */
  readonly idleMs?: number;
  /** pauses before further tries, ms; 1, 3 and 10 s if not given */
  readonly pausesMs?: readonly number[];
}

export interface Fetched {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const usualIdleMs = 30_000;
const usualPausesMs = [1000, 3000, 10_000];
const tellEveryBytes = 5 << 20;

/** Worth another try. */
class Broken extends Error {}

/** @throws KerbError PULL_FAILED, PULL_TOO_LARGE */
export async function fetchFile(url: URL, options: FetchOptions): Promise<Fetched> {
  await mkdir(options.folder, { recursive: true });
  const key = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  const path = join(options.folder, `model-${key}.tflite`);
  const kept = await stat(path).catch(() => null);
  if (kept?.isFile()) return { path, bytes: kept.size, sha256: await hashOf(path) };

  const pauses = [...(options.pausesMs ?? usualPausesMs)];
  for (;;) {
    try {
      await fetchPart(url, path, options);
      break;
    } catch (error) {
      if (!(error instanceof Broken)) {
        // what came of something too large would only fill the disk
        await rm(`${path}.part`, { force: true });
        throw error;
      }
      const pause = pauses.shift();
      if (pause === undefined) {
        const remedy = 'try again: what came is kept; or put the file here by hand and use models add';
        throw new KerbError('PULL_FAILED', oneLine(error), url.href, remedy, { cause: error });
      }
      options.progress(`${oneLine(error)}; again in ${pause / 1000} s`);
      await sleep(pause);
    }
  }
  const { size } = await stat(`${path}.part`);
  await rename(`${path}.part`, path);
  await rm(`${path}.tag`, { force: true });
  return { path, bytes: size, sha256: await hashOf(path) };
}

/** One try, from where the last one ended. */
async function fetchPart(url: URL, path: string, { maxBytes, progress, idleMs = usualIdleMs }: FetchOptions) {
  const part = `${path}.part`;
  const before = (await stat(part).catch(() => null))?.size ?? 0;
  // What the first part was of: without it a later part cannot be joined.
  const tag = before > 0 ? await readFile(`${path}.tag`, 'utf8').catch(() => null) : null;
  const from = tag === null ? 0 : before;
  const line = new AbortController();
  let timer = setTimeout(() => line.abort(), idleMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => line.abort(), idleMs);
  };
  const broken = (error: unknown): never => {
    if (error instanceof KerbError) throw error;
    throw new Broken(line.signal.aborted ? `no byte for ${idleMs} ms` : `the line broke: ${reason(error)}`);
  };
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (from > 0 && tag !== null) Object.assign(headers, { range: `bytes=${from}-`, 'if-range': tag });
    const answer = await fetch(url, { headers, signal: line.signal }).catch((error: unknown) => {
      if (!/redirect|scheme/i.test(reason(error))) return broken(error);
      const what = `the server sends to other addresses without end, or to one that is not http (${reason(error)})`;
      throw new KerbError('PULL_FAILED', what, url.href, 'check the address');
    });
    const start = answer.status === 206 ? from : 0;
    check(answer, start, url, maxBytes);
    const own = answer.headers.get('etag') ?? answer.headers.get('last-modified');
    // Weak tags name what is alike, not what is the same.
    if (start === 0) {
      if (own !== null && !own.startsWith('W/')) await writeFile(`${path}.tag`, own);
      else await rm(`${path}.tag`, { force: true });
    }
    const length = Number(answer.headers.get('content-length') ?? Number.NaN);
    await store(answer, part, start, maxBytes, url, alive, progress).catch(broken);
    const size = (await stat(part)).size;
    if (Number.isFinite(length) && size !== start + length) throw new Broken(`${size} of ${start + length} bytes came`);
  } finally {
    clearTimeout(timer);
    line.abort();
  }
}

function check(answer: Response, start: number, url: URL, maxBytes: number): void {
  const { status } = answer;
  if (status >= 500 || status === 429 || status === 408) throw new Broken(`the server says ${status}`);
  if (status !== 200 && status !== 206) {
    throw new KerbError('PULL_FAILED', `the server says ${status}`, url.href, 'check the address');
  }
  const length = Number(answer.headers.get('content-length') ?? 0);
  if (start + length > maxBytes) throw tooLarge(url, maxBytes);
}

async function store(
  answer: Response,
  part: string,
  start: number,
  maxBytes: number,
  url: URL,
  alive: () => void,
  progress: (line: string) => void,
): Promise<void> {
  const file = await open(part, start > 0 ? 'r+' : 'w');
  let at = start;
  let told = start;
  try {
    for await (const piece of answer.body ?? []) {
      alive();
      if (at + piece.length > maxBytes) throw tooLarge(url, maxBytes);
      await file.write(piece, 0, piece.length, at);
      at += piece.length;
      if (at - told < tellEveryBytes) continue;
      told = at;
      progress(`${(at / 1e6).toFixed(0)} MB`);
    }
    await file.truncate(at);
    await file.sync();
  } finally {
    await file.close();
  }
}

function tooLarge(url: URL, maxBytes: number): KerbError {
  return new KerbError('PULL_TOO_LARGE', `is larger than ${maxBytes} bytes`, url.href, 'is it a model at all?');
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** fetch wraps what really happened. */
function reason(error: unknown): string {
  return oneLine(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
