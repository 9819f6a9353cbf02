// models/import: the program that set-up runs: scripts/node24 models/import/main.ts --cache DIR [--show]
// In: the committed card, the network or the cache. Out: the card's .tflite files under DIR, progress on stderr.
// Idempotent and quick when they are there. Never: a file whose hash differs from the card, or half of one.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { type Card, type CardSize, loadCard } from '../card.ts';
import { describeKnown, type Expected, knownPicture } from '../known.ts';
import { Resizer } from '../resize.ts';
import { wasmRuntime } from '../wasm.ts';
import { convert, lowerGraph, openGraph } from './coco.ts';
import { fetchPackage } from './fetch.ts';

const cardPath = fileURLToPath(new URL('../cards/coco-ssd.yaml', import.meta.url));
const tell = (line: string) => process.stderr.write(`models: ${line}\n`);

/** Makes what is missing. @param show print what a card should say of the files instead of refusing them */
export async function importModels(cacheDir: string, show: boolean, progress: (line: string) => void): Promise<void> {
  const { card } = await loadCard(cardPath);
  const missing: CardSize[] = [];
  for (const size of card.sizes) if (show || !(await isThere(join(cacheDir, size.file), size))) missing.push(size);
  if (missing.length === 0) return;

  const source = await fetchPackage(card.source, join(cacheDir, 'downloads'), progress);
  const lowered = lowerGraph(openGraph(card, source.bytes, source.path));
  for (const size of missing) {
    progress(`converting ${card.name} for ${size.width}x${size.height}`);
    const bytes = convert(card, lowered, size);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (show) process.stdout.write(await describe(card, size, bytes, sha256));
    else refuseOther(card, size, bytes.length, sha256);
    await writeAtomically(join(cacheDir, size.file), bytes);
  }
}

async function isThere(path: string, size: CardSize): Promise<boolean> {
  try {
    if ((await stat(path)).size !== size.bytes) return false;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex') === size.sha256;
  } catch {
    return false;
  }
}

function refuseOther(card: Card, size: CardSize, length: number, sha256: string): void {
  if (length === size.bytes && sha256 === size.sha256) return;
  const what = `converting gave another file than the card names (${length} bytes, SHA-256 ${sha256})`;
  throw new KerbError(
    'MODEL_ALTERED',
    what,
    `${card.name} ${size.width}x${size.height}`,
    'restore models/ from its commit',
  );
}

/** A size's entry for the card, to be pasted there once the agreement test has passed. */
async function describe(card: Card, size: CardSize, bytes: Uint8Array, sha256: string): Promise<string> {
  const session = await (await wasmRuntime()).load(bytes, size.file);
  const { scale, offset } = card.input;
  const input = new Resizer(size.width, size.height, scale, offset).run(knownPicture());
  const [boxes = new Float32Array(), scores = new Float32Array()] = await session.run([input]);
  session.close();
  const known = describeKnown({ boxes, scores }, card.head.columns);
  const list = ({ mean, at }: Expected) => `{ mean: ${mean}, at: ${JSON.stringify(at).replaceAll(',', ', ')} }`;
  return [
    `  - width: ${size.width}`,
    `    height: ${size.height}`,
    `    file: ${size.file}`,
    `    bytes: ${bytes.length}`,
    `    sha256: ${sha256}`,
    '    known:',
    `      boxes: ${list(known.boxes)}`,
    `      scores: ${list(known.scores)}`,
    '',
  ].join('\n');
}

async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const scratch = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(scratch, bytes, { flush: true });
    await rename(scratch, path);
  } finally {
    await rm(scratch, { force: true });
  }
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({ options: { cache: { type: 'string' }, show: { type: 'boolean', default: false } } });
    if (!values.cache)
      throw new KerbError('USAGE', 'no --cache DIR given', 'models/import/main.ts', 'give the cache folder');
    await importModels(values.cache, values.show, tell);
  } catch (error) {
    tell(oneLine(error));
    process.exitCode = error instanceof KerbError ? 2 : 1;
  }
}
