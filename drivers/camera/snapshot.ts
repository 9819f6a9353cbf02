// drivers/camera: asks a camera's snapshot address for one picture. In: an address, name and password. Out: bytes.
// Never: more bytes than a picture may have, a wait without end, a redirect to another host with the password.
import { randomBytes } from 'node:crypto';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { authorization } from './digest.ts';
import { meaningOf, refused, unreadable } from './probe.ts';
import type { StillSource } from './source.ts';
import { MAX_STILL_BYTES } from './still.ts';

type Snapshot = Extract<StillSource, { kind: 'snapshot' }>;

/** @throws KerbError CAMERA_PASSWORD, CAMERA_UNREACHABLE, CAMERA_UNREADABLE */
export async function fetchSnapshot(source: Snapshot, within_ms: number, signal: AbortSignal): Promise<Uint8Array> {
  const late = AbortSignal.timeout(within_ms);
  const bounds = AbortSignal.any([late, signal]);
  try {
    let response = await ask(source, bounds, {});
    const challenge = response.headers.get('www-authenticate');
    if (response.status === 401 && challenge && source.user !== '') {
      await response.body?.cancel();
      const { user, password, url } = source;
      const cnonce = randomBytes(8).toString('hex');
      const uri = url.pathname + url.search;
      const header = authorization(challenge.slice(0, 4000), { user, password, method: 'GET', uri, cnonce });
      if (header !== null) response = await ask(source, bounds, { authorization: header });
    }
    if (!response.ok) {
      await response.body?.cancel();
      const moved = response.status >= 300 && response.status < 400;
      const answer = `it answers ${response.status}${moved ? ', the picture has another address' : ''}`;
      throw refused(source, meaningOf(answer), answer);
    }
    return await bodyOf(response, source);
  } catch (error) {
    if (error instanceof KerbError) throw error;
    const cause = (error as { cause?: unknown }).cause;
    const words = late.aborted ? `timed out after ${Math.round(within_ms / 1000)} s` : oneLine(cause ?? error);
    throw refused(source, meaningOf(words), words);
  }
}

function ask({ url }: Snapshot, signal: AbortSignal, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { signal, headers, redirect: 'manual', cache: 'no-store' });
}

async function bodyOf(response: Response, source: Snapshot): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_STILL_BYTES) throw unreadable(source, `sends more than ${MAX_STILL_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
