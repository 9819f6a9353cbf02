// models: the model card. In: a YAML file, untrusted. Out: a checked Card. Never: an unknown key, an unbounded list, or
// a path that leaves its folder; measurements of a box have no place here.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { KerbError, oneLine } from '../contract/errors.ts';

const maxCardBytes = 256 * 1024;
const fraction = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not 64 hexadecimal digits');
const relativePath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\w][\w./-]*$/, 'is not a plain relative path')
  .refine((path) => !path.split('/').includes('..'), 'leaves its folder');
const expected = z.strictObject({
  /** mean over the whole output */
  mean: z.number(),
  /** [index, value] of some elements */
  at: z
    .array(z.tuple([z.number().int().min(0), z.number()]))
    .min(1)
    .max(32),
});

const sizeSchema = z.strictObject({
  width: z.number().int().min(32).max(4096),
  height: z.number().int().min(32).max(4096),
  file: relativePath,
  bytes: z
    .number()
    .int()
    .min(1)
    .max(512 << 20),
  sha256,
  /** what the known picture must give, by output */
  known: z.strictObject({ boxes: expected, scores: expected }),
});

const headSchema = z.strictObject({
  kind: z.literal('ssd'),
  /** columns of the scores output; column 0 is the background, column n is label n */
  columns: z.number().int().min(2).max(1001),
  /** what box encodings are multiplied by: centre, size */
  coder: z.strictObject({ centre: z.number().positive(), size: z.number().positive() }),
  anchors: z.strictObject({
    /** anchor sizes are fractions of this many input pixels, whatever the input size */
    reference: z.number().int().min(32).max(4096),
    levels: z
      .array(
        z.strictObject({
          stride: z.number().int().min(1).max(4096),
          /** [size as a fraction of the reference, width to height] */
          shapes: z
            .array(z.tuple([z.number().positive(), z.number().positive()]))
            .min(1)
            .max(16),
        }),
      )
      .min(1)
      .max(10),
  }),
});

const cardSchema = z.strictObject({
  card: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/),
  version: z.string().min(1).max(40),
  licence: z.string().min(1).max(60),
  about: z.string().max(1000),
  source: z.strictObject({
    /** name@version in the npm registry */
    npm: z.string().max(200),
    integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
    folder: z.string().max(200),
  }),
  input: z.strictObject({
    layout: z.literal('nhwc'),
    dtype: z.literal('float32'),
    colour: z.literal('rgb'),
    /** value = pixel x scale + offset */
    scale: z.number(),
    offset: z.number(),
    resize: z.literal('legacy-bilinear'),
  }),
  /** first: every look; second: wide looks; all: fine looks */
  sizes: z.array(sizeSchema).min(1).max(6),
  head: headSchema,
  merge: z.strictObject({
    /** a lower find of the same class or group is dropped above this intersection over union */
    iou: fraction,
    /** across sizes, of the same class: dropped when more than this part of the smaller lies in the other ... */
    containment: fraction,
    /** ... and the smaller has at least this part of the other's area */
    part: fraction,
    /** classes that are one object when their boxes coincide */
    groups: z.array(z.array(z.string().max(60)).min(2).max(20)).max(20),
    /** candidates kept per size before merging, and finds per look */
    candidates: z.number().int().min(1).max(5000),
    objects: z.number().int().min(1).max(1000),
  }),
  known: z.strictObject({
    /** the picture of models/known.ts */
    picture: z.literal('pattern-1'),
    tolerance: z.number().positive().max(0.05),
  }),
  budget: z.strictObject({
    /** maximum of one base look on the smallest box, milliseconds */
    ms: z.number().positive(),
    /** maximum memory of one worker, all sizes loaded, MB */
    mb: z.number().positive(),
  }),
  /** label of each id from 1 on; null where the id is unused */
  labels: z.array(z.string().min(1).max(60).nullable()).min(1).max(1000),
});

/** A checked model card. */
export type Card = z.infer<typeof cardSchema>;
/** One input size of a card. */
export type CardSize = Card['sizes'][number];
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
  if (card.labels.length !== card.head.columns - 1) {
    throw broken(`labels: ${card.labels.length} of them for ${card.head.columns - 1} columns`);
  }
  const unknown = card.merge.groups.flat().find((name) => !card.labels.includes(name));
  if (unknown !== undefined) throw broken(`merge.groups: ${unknown} is not among the labels`);
  return card;
}
