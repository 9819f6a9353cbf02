// models: which runtime and which way of keeping weights a box uses: what its own trial found, remembered in its state.
// In: the file of choices. Out: what to use. Never: decided by a board's name; a choice of another box (a copied disk), of
// another card or of another Node taken for this one's.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { allWeights, type Card, filesOf, type Weights, weightsOf } from './card.ts';
import { type RuntimeName, runtimeNames } from './runtimes.ts';

/** What a trial chooses. */
export interface Use {
  readonly runtime: RuntimeName;
  readonly weights: Weights;
}

/** Without a trial: runs wherever the program runs, and gives what the model's maker intended to five digits. */
export const safe: Use = { runtime: 'wasm', weights: 'float' };

/** What a trial found of one candidate. */
export interface Tried extends Use {
  /** median of a base look, milliseconds; null: it did not run */
  readonly ms: number | null;
  /** why it could not be chosen, where that is so */
  readonly why?: string | undefined;
}

/** A choice as it is remembered. */
export interface Choice extends Use {
  /** the card it is for: its name, and a hash of its files */
  readonly card: string;
  readonly cardHash: string;
  /** what it was made on */
  readonly box: string;
  /** median of a base look, milliseconds */
  readonly ms: number;
  /** where the card lies, if it is not one that comes with the program */
  readonly path?: string | undefined;
  /** when, ISO 8601 */
  readonly at: string;
  /** all that was tried then */
  readonly tried?: readonly Tried[] | undefined;
}

const maxBytes = 1 << 20;
const mostChoices = 200;
const useShape = { runtime: z.enum(runtimeNames), weights: z.enum(allWeights) };
const fileSchema = z.object({
  choices: z
    .array(
      z.object({
        card: z.string().max(100),
        cardHash: z.string().max(64),
        box: z.string().max(300),
        ...useShape,
        ms: z.number(),
        path: z.string().max(4096).optional(),
        at: z.string().max(40),
        tried: z
          .array(z.object({ ...useShape, ms: z.number().nullable(), why: z.string().max(300).optional() }))
          .max(40)
          .optional(),
      }),
    )
    .max(mostChoices),
});

/** What a trial's outcome hangs on, besides the card. */
export function thisBox(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? 'unknown'} x${all.length} ${arch()} ${process.version}`.slice(0, 300);
}

/** The card's files: a card whose labels or thresholds change runs as it did. */
export function hashOf(card: Card): string {
  const files = filesOf(card).map(({ sha256 }) => sha256);
  return createHash('sha256').update(files.join()).digest('hex').slice(0, 32);
}

/**
 * The choice that was made here for this card, or else for an earlier card of its name: a newer version of a model most
 * likely runs best as the one before. Null where there is none. A damaged file is as good as none: a trial writes it anew.
 */
export async function readChoice(file: string, card: Card): Promise<Choice | null> {
  const box = thisBox();
  const here = (await readAll(file)).filter((one) => one.box === box && weightsOf(card).includes(one.weights));
  const hash = hashOf(card);
  return here.find((one) => one.cardHash === hash) ?? here.find((one) => one.card === card.name) ?? null;
}

/** Remembers a choice in place of an earlier one for the same card and box. */
export async function writeChoice(file: string, choice: Choice): Promise<void> {
  const others = (await readAll(file)).filter((one) => one.card !== choice.card || one.box !== choice.box);
  const choices = [choice, ...others].slice(0, mostChoices);
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, `${JSON.stringify({ choices }, null, 1)}\n`, { flush: true });
  await rename(part, file);
}

/** Cards that were tried here and do not come with the program, by path. */
export async function triedCards(file: string): Promise<string[]> {
  return [...new Set((await readAll(file)).flatMap(({ path }) => (path === undefined ? [] : [path])))];
}

async function readAll(file: string): Promise<Choice[]> {
  const bytes = await readFile(file).catch(() => null);
  if (!bytes || bytes.length > maxBytes) return [];
  try {
    return fileSchema.parse(JSON.parse(bytes.toString())).choices;
  } catch {
    return [];
  }
}
