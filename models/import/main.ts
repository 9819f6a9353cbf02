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
import { type Card, type CardFile, type CardSize, loadCard, type Weights, weightsOf, withWeights } from '../card.ts';
import { describeKnown, type Expected, knownPicture } from '../known.ts';
import { Scale } from '../scale.ts';
import { wasmRuntime } from '../wasm.ts';
import { type CocoCard, cocoCard, convert, lowerGraph, openGraph } from './coco.ts';
import { fetchPackage } from './fetch.ts';
import { readInt8Table } from './int8.ts';

const cardPath = fileURLToPath(new URL('../cards/coco-ssd.yaml', import.meta.url));
const tell = (line: string) => process.stderr.write(`models: ${line}\n`);

/** One file to make. */
interface Wanted {
  readonly size: CardSize;
  readonly weights: Weights;
  readonly file: CardFile;
}

/** Makes what is missing. @param show print what a card should say of the files instead of refusing them */
export async function importModels(cacheDir: string, show: boolean, progress: (line: string) => void): Promise<void> {
  const loaded = await loadCard(cardPath);
  const card = cocoCard(loaded.card, cardPath);
  const missing: Wanted[] = [];
  for (const wanted of wantedBy(card)) {
    if (show || !(await isThere(join(cacheDir, wanted.file.file), wanted.file))) missing.push(wanted);
  }
  if (missing.length === 0) return;

  const source = await fetchPackage(card.source, join(cacheDir, 'downloads'), progress);
  const lowered = lowerGraph(openGraph(card, source.bytes, source.path));
  const table = await readInt8Table();
  for (const { size, weights, file } of missing) {
    progress(`converting ${card.name} for ${size.width}x${size.height}, weights ${weights}`);
    const bytes = convert(card, lowered, size, weights, table);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (show) process.stdout.write(await describe(card, size, weights, bytes, sha256));
    else refuseOther(file, bytes.length, sha256);
    await writeAtomically(join(cacheDir, file.file), bytes);
  }
}

function wantedBy(card: Card): Wanted[] {
  return weightsOf(card).flatMap((weights) =>
    withWeights(card, weights).sizes.map((file, i) => ({ size: card.sizes[i]!, weights, file })),
  );
}

async function isThere(path: string, file: CardFile): Promise<boolean> {
  try {
    if ((await stat(path)).size !== file.bytes) return false;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex') === file.sha256;
  } catch {
    return false;
  }
}

function refuseOther(file: CardFile, length: number, sha256: string): void {
  if (length === file.bytes && sha256 === file.sha256) return;
  const what = `converting gave another file than the card names (${length} bytes, SHA-256 ${sha256})`;
  throw new KerbError('MODEL_ALTERED', what, file.file, 'restore models/ from its commit');
}

/** A file's entry for the card, to be pasted there once the agreement test has passed. */
async function describe(
  card: CocoCard,
  { width, height }: CardSize,
  weights: Weights,
  bytes: Uint8Array,
  sha256: string,
): Promise<string> {
  const file = `models/${card.name}/${weights === 'float' ? '' : `${weights}/`}${width}x${height}.tflite`;
  const size = { width, height, file, bytes: bytes.length, sha256, known: {} };
  const scale = await Scale.untried({ ...card, sizes: [size] }, 0, bytes, await wasmRuntime());
  const known = describeKnown(await scale.named(knownPicture()), card.head);
  scale.close();
  const list = ({ mean, at }: Expected) => `{ mean: ${mean}, at: ${JSON.stringify(at).replaceAll(',', ', ')} }`;
  return [
    `  # ${weights} ${width}x${height}`,
    `  file: ${file}`,
    `  bytes: ${bytes.length}`,
    `  sha256: ${sha256}`,
    '  known:',
    ...Object.entries(known).map(([name, expected]) => `    ${name}: ${list(expected)}`),
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
