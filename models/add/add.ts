// models/add: a user's own model made usable. In: a .tflite file, untrusted. Out: its card, written and tried on a picture.
// Never: a card for a model that did not run here, a file changed, a card of the user's overwritten unasked.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { type Card, parseCard } from '../card.ts';
import { safe, type Use } from '../choice.ts';
import { describeKnown, knownDifference } from '../known.ts';
import { nativeAddon } from '../native.ts';
import { type RuntimeName, runtimeNames } from '../runtimes.ts';
import { maxModelBytes, readTflite } from '../tflite/read.ts';
import { choose, runTrial } from '../trial.ts';
import type { Outcome } from '../trial-candidate.ts';
import { cardText } from './card-text.ts';
import { corrected } from './correct.ts';
import { type Inspection, inspect } from './inspect.ts';
import { labelsFor, readLabelFile } from './labels.ts';

export interface AddOptions {
  readonly file: string;
  /** folder for a copy and the card; beside the file if not given */
  readonly out?: string | undefined;
  /** path of a list of labels */
  readonly labels?: string | undefined;
  readonly name?: string | undefined;
  readonly licence?: string | undefined;
  readonly range?: readonly [number, number] | undefined;
  /** where the file was fetched */
  readonly url?: string | undefined;
  readonly replace: boolean;
  /** where it is tried; wherever it can be if not given */
  readonly runtimes?: readonly RuntimeName[];
  /** path of the picture that it is tried on */
  readonly picture: string;
}

type Fit = Outcome & { fault: null };

export interface Added {
  readonly card: Card;
  readonly path: string;
  readonly inspection: Inspection;
  readonly notes: readonly string[];
  readonly outcomes: readonly Outcome[];
  readonly chosen: Fit;
}

/** @throws KerbError MODEL_*, LABELS_*, CARD_EXISTS */
export async function addModel(options: AddOptions): Promise<Added> {
  const { file } = options;
  const bytes = await readWhole(file);
  const model = readTflite(bytes, file);
  const given = options.labels === undefined ? null : await readLabelFile(options.labels);
  const inspection = inspect(model, { labels: given, range: options.range ?? null }, file);
  const notes = [...inspection.notes];
  const labels = await labelsFor(inspection.head, given, inspection.metadata.labels, notes, file);
  const name = slug(options.name ?? basename(file).replace(/\.tflite$/i, ''));
  const place = placeOf(options, name);
  if (!options.replace && (await exists(place.card))) {
    throw new KerbError('CARD_EXISTS', 'there is a card already', place.card, 'give --replace, --name or --out');
  }

  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const draft = draftOf(options, inspection, labels, name, { bytes: bytes.length, sha256 }, notes);
  const { card, outcomes, chosen } = await tryOut(draft, options, notes);
  const whole = finish(card, outcomes, chosen, basename(place.model));
  const text = cardText(whole);
  parseCard(Buffer.from(text), place.card);
  if (!labels.includes('person')) notes.push('it has no label "person": persons could not be masked with it alone');
  await mkdir(dirname(place.card), { recursive: true });
  if (place.model !== file) await copyWhole(file, place.model);
  await writeWhole(place.card, text);
  return { card: whole, path: place.card, inspection, notes, outcomes, chosen };
}

async function readWhole(file: string): Promise<Uint8Array> {
  const fault = (what: string) => new KerbError('MODEL_UNREADABLE', what, file, 'give a .tflite file');
  const info = await stat(file).catch((error: unknown) => {
    throw fault((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : oneLine(error));
  });
  if (!info.isFile() || info.size === 0) throw fault('is no file, or empty');
  if (info.size > maxModelBytes) throw fault(`has ${info.size} bytes, at most ${maxModelBytes}`);
  return readFile(file);
}

/** Runs it wherever it can; what only a run shows (pixels or fractions, scores or logits) corrects the draft, once. */
async function tryOut(draft: Card, { file, picture, runtimes }: AddOptions, notes: string[]) {
  const wanted = runtimes ?? runtimeNames.filter((name) => name !== 'native' || nativeAddon() !== null);
  const uses = wanted.map((runtime): Use => ({ ...safe, runtime }));
  let card = draft;
  for (let again = 0; ; again++) {
    // The draft names the file as it lies now.
    const start = { card, places: { folder: dirname(file), cacheDir: dirname(file) }, picture, checked: false };
    const outcomes = await runTrial(start, uses);
    const chosen = choose(outcomes) ?? outcomes.find((one) => one.fault === null);
    if (!chosen || chosen.fault)
      throw outcomes[0]?.fault ?? new KerbError('MODEL_RUN', 'did not run', file, 'give another');
    const better = corrected(card, chosen.outputs, file);
    if (!better || again > 0) return { card, outcomes, chosen };
    notes.push(better.note);
    card = better.card;
  }
}

function draftOf(
  options: AddOptions,
  { width, height, input, head, metadata }: Inspection,
  labels: (string | null)[],
  name: string,
  file: { bytes: number; sha256: string },
  notes: string[],
): Card {
  const licence = licenceOf(options.licence ?? metadata.licence);
  if (licence === 'unknown')
    notes.push('licence: the file names none; ask its maker before you ship it (--licence TEXT)');
  const own = basename(options.file);
  return {
    card: 1,
    name,
    version: plain(metadata.version ?? '1', 40) || '1',
    licence,
    about: plain(metadata.about ?? metadata.name ?? own, 500),
    source: options.url === undefined ? { file: plain(own, 200) } : { file: plain(own, 200), url: options.url },
    input,
    tiles: true,
    sizes: [{ width, height, file: own, ...file, known: {} }],
    head,
    merge: { iou: 0.5, containment: 0.75, part: 0.2, groups: groupsIn(labels), candidates: 400, objects: 200 },
    calibration: [],
    doubts: [],
    known: { picture: 'pattern-1', tolerance: 0.02 },
    budget: { ms: 1, mb: 1 },
    labels,
  };
}

/** Classes that detectors take for one another. */
function groupsIn(labels: readonly (string | null)[]): string[][] {
  const usual = [
    ['car', 'bus', 'truck'],
    ['bicycle', 'motorcycle'],
  ];
  return usual.filter((group) => group.every((name) => labels.includes(name)));
}

/** What was measured goes in: known numbers, how far runtimes differ in them, and a budget with room. */
function finish(card: Card, outcomes: readonly Outcome[], chosen: Fit, file: string): Card {
  const known = describeKnown(chosen.known, card.head);
  const spread = outcomes.flatMap((one) => (one.fault === null ? [knownDifference(known, one.known)] : []));
  const tolerance = Math.min(0.5, Math.max(0.02, 3 * Math.max(...spread)));
  return {
    ...card,
    tiles: true,
    sizes: [{ ...card.sizes[0]!, file, known }],
    known: { picture: 'pattern-1', tolerance: Number(tolerance.toFixed(3)) },
    // Room for a busy box; a slower box than this one needs a card of its own, or a smaller model.
    budget: { ms: Math.ceil((chosen.ms * 4) / 10) * 10, mb: Math.ceil((chosen.mb * 1.5) / 10) * 10 },
  };
}

function placeOf({ file, out }: AddOptions, name: string): { model: string; card: string } {
  const folder = out ?? dirname(file);
  const model = out === undefined ? file : join(out, `${name}.tflite`);
  if (out === undefined && !/^\w[\w.-]*$/.test(basename(file))) {
    const what = 'has a name that a card cannot hold';
    throw new KerbError(
      'MODEL_UNREADABLE',
      what,
      file,
      'rename it to letters, digits, dots and dashes, or give --out DIR',
    );
  }
  return { model, card: join(folder, `${name}.yaml`) };
}

function slug(text: string): string {
  const plainText = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return plainText || 'model';
}

const plain = (text: string, most: number) => text.replace(/\s+/g, ' ').trim().slice(0, most);

function licenceOf(text: string | null): string {
  if (text === null || text.trim() === '') return 'unknown';
  if (/agpl|affero/i.test(text)) return 'AGPL-3.0';
  if (/apache/i.test(text)) return 'Apache-2.0';
  return plain(text, 60);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.${process.pid}.part`;
  await copyFile(from, part);
  await rename(part, to);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, text, { flush: true });
  await rename(part, path);
}
