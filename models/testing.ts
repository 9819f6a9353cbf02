// models: what the tests of this room share: where the cache is, frames of a clip, copies of the card. Tests only.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Card, type LoadedCard, loadCard } from './card.ts';
import type { Picture } from './types.ts';

/** The cache that set-up filled. */
export const cacheDir = process.env['KERBSIDE_CACHE'] || join(homedir(), '.cache/kerbside');

/** The card that comes with the program. */
export function defaultCard(): Promise<LoadedCard> {
  return loadCard(fileURLToPath(new URL('./cards/coco-ssd.yaml', import.meta.url)));
}

/** The frame of a clip at a second, over shared memory. */
export async function frameAt(video: string, second: number, width = 768, height = 576): Promise<Picture> {
  const raw = ['-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', ['-v', 'error', '-ss', String(second), '-i', video, ...raw], {
    encoding: 'buffer',
    maxBuffer: 1 << 26,
  });
  const rgb = new Uint8Array(new SharedArrayBuffer(width * height * 3));
  if (stdout.length !== rgb.length) throw new Error(`${stdout.length} bytes for ${width}x${height}`);
  rgb.set(stdout);
  return { width, height, rgb };
}

/** A temporary folder that ends with the test. */
export async function scratch(t: { teardown(fn: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'models-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A card whose only model is these bytes, correctly hashed, lying in a folder. */
export async function cardWith(
  folder: string,
  bytes: Uint8Array,
  change: (card: Card) => void = () => {},
): Promise<LoadedCard> {
  const loaded = await defaultCard();
  const card = structuredClone(loaded.card);
  const size = card.sizes[0]!;
  size.bytes = bytes.length;
  size.sha256 = createHash('sha256').update(bytes).digest('hex');
  card.sizes = [size];
  change(card);
  const path = join(folder, size.file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return { card, path: join(folder, 'card.yaml'), folder };
}
