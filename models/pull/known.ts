// models/pull: models whose official addresses are known: data in known.json. In: a name or an address. Out: what to fetch.
// A hash is null there until somebody has seen the file: then it is shown, and a person decides.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KerbError } from '../../contract/errors.ts';

const entry = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/),
  url: z.url(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  licence: z.string().min(1).max(60),
  about: z.string().min(1).max(300),
});

/** Something to fetch. */
export interface Wanted {
  readonly url: URL;
  /** null where it is not pinned */
  readonly sha256: string | null;
  readonly name: string;
  readonly licence?: string | undefined;
}
export type KnownModel = z.infer<typeof entry>;

export async function knownModels(): Promise<KnownModel[]> {
  const text = await readFile(new URL('./known.json', import.meta.url), 'utf8');
  return z.array(entry).parse(JSON.parse(text));
}

/** @throws KerbError PULL_UNKNOWN */
export async function wanted(text: string): Promise<Wanted> {
  const all = await knownModels();
  const known = all.find(({ name }) => name === text);
  if (known) return { ...known, url: new URL(known.url) };
  const url = URL.parse(text);
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) {
    if (url.username !== '' || url.password !== '') {
      const remedy = 'fetch the file by hand, then kerbside models add FILE';
      throw new KerbError('PULL_UNKNOWN', 'an address with a name or a password is not fetched', url.host, remedy);
    }
    const name = decoded(url.pathname.split('/').at(-1) ?? '').replace(/\.tflite$/i, '');
    return { url, sha256: null, name: name || 'model' };
  }
  const remedy = `give an https address or one of ${all.map(({ name }) => name).join(', ')}`;
  throw new KerbError('PULL_UNKNOWN', 'is no known model and no address', text.slice(0, 100), remedy);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
