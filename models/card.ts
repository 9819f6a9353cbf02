// models: the model card. In: a YAML file, untrusted. Out: a checked Card, and the same card for other weights.
// Never: a card whose head and labels do not agree, or a file taken for what it is not.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { KerbError, oneLine } from '../contract/errors.ts';
import { cardSchema, weightsSchema } from './card-schema.ts';

const maxCardBytes = 1 << 20;

/** A checked model card. */
export type Card = z.infer<typeof cardSchema>;
/** One input size of a card. */
export type CardSize = Card['sizes'][number];
/** A file that a card names. */
export type CardFile = Pick<CardSize, 'file' | 'bytes' | 'sha256'>;
/** What a card says of one kind of head. */
export type HeadOf<K extends Card['head']['kind']> = Extract<Card['head'], { kind: K }>;
/** How the weights of a file are kept. */
export type Weights = z.infer<typeof weightsSchema>;
export const allWeights = weightsSchema.options;

/** A card and where its paths start. */
export interface LoadedCard {
  readonly card: Card;
  /** the card's own path as it was given */
  readonly path: string;
  /** the folder it lies in */
  readonly folder: string;
}

/**
 * Reads and checks a card.
 * @throws KerbError CARD_MISSING, CARD_BROKEN
 */
export async function loadCard(path: string): Promise<LoadedCard> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = code === 'ENOENT' ? 'no such model card' : `cannot be read (${code ?? oneLine(error)})`;
    throw new KerbError('CARD_MISSING', what, path, 'give the path of a card file, see models/cards', { cause: error });
  }
  return { card: parseCard(bytes, path), path, folder: dirname(path) };
}

/** Checks the text of a card. @throws KerbError CARD_BROKEN naming the key */
export function parseCard(bytes: Uint8Array, path: string): Card {
  const broken = (what: string) =>
    new KerbError('CARD_BROKEN', what, path, 'compare it with models/cards/coco-ssd.yaml');
  if (bytes.length > maxCardBytes) throw broken(`has ${bytes.length} bytes, more than ${maxCardBytes}`);
  let raw: unknown;
  try {
    const document = parseDocument(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const fault = document.errors[0];
    if (fault) throw fault;
    raw = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw broken(`is not YAML: ${oneLine(error).slice(0, 160)}`);
  }
  const parsed = cardSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const key = issue.path.join('.') || 'the card';
    throw broken(`${key}: ${issue.message}`);
  }
  const card = parsed.data;
  const wanted = labelsOf(card.head);
  if (wanted !== null && card.labels.length !== wanted) {
    throw broken(`labels: ${card.labels.length} of them for a head of ${wanted} classes`);
  }
  const unknown = card.merge.groups.flat().find((name) => !card.labels.includes(name));
  if (unknown !== undefined) throw broken(`merge.groups: ${unknown} is not among the labels`);
  return card;
}

/** How many labels a head has; null where its numbers do not say. */
export function labelsOf(head: Card['head']): number | null {
  switch (head.kind) {
    case 'ssd':
      return head.columns - (head.background ? 1 : 0);
    case 'classifier':
      return head.columns;
    case 'yolo':
      return head.layout === 'end' ? null : head.columns - (head.layout === 'v5' ? 5 : 4);
  }
}

/** Ways of keeping weights that every size of a card has, the plain ones first. */
export function weightsOf(card: Card): Weights[] {
  return allWeights.filter((weights) => card.sizes.every((size) => weights === 'float' || size.variants?.[weights]));
}

/** The same card with the files of another way of keeping weights. A card without it stays what it is. */
export function withWeights(card: Card, weights: Weights): Card {
  if (weights === 'float' || !weightsOf(card).includes(weights)) return card;
  const chosen = card.sizes.map(({ width, height, variants }) => ({ width, height, ...variants![weights]! }));
  const sizes = chosen.map(({ tolerance: _, ...size }) => size);
  const tolerance = Math.max(...chosen.map((size) => size.tolerance));
  return { ...card, sizes, known: { ...card.known, tolerance } };
}

/** Every file that a card names, of all sizes and all ways of keeping weights. */
export function filesOf(card: Card): CardFile[] {
  return card.sizes.flatMap((size) => [size, ...Object.values(size.variants ?? {})]);
}
