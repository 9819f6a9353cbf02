// models: one input size of a card, ready to look. In: a picture. Out: candidates in its pixels.
// Never: a model used that has another shape than its card says, or that failed on the known picture.
import { KerbError } from '../contract/errors.ts';
import type { Card } from './card.ts';
import { type ModelPlaces, readModel } from './files.ts';
import { type Candidate, type Head, headOf } from './head.ts';
import { checkKnown, knownPicture, type NamedOutputs } from './known.ts';
import { type Prepared, prepareModel } from './prepare.ts';
import { Resizer } from './resize.ts';
import { type Edge, type Runtime, type Session, type Shape, type Values, valuesFor } from './runtime.ts';
import type { Quantisation } from './tflite/read.ts';
import type { Picture, View } from './types.ts';

/** One output: its place among the session's, and what its whole numbers mean. */
interface Output {
  readonly position: number;
  readonly quantisation: Quantisation | null;
}

/** A session with its resize and head. */
export class Scale {
  readonly head: Head;
  readonly #session: Session;
  readonly #resizer: Resizer;
  readonly #input: Quantisation | null;
  readonly #stored: Values;
  readonly #outputs: readonly Output[];

  private constructor(card: Card, index: number, session: Session, prepared: Prepared, where: string) {
    const { width, height } = card.sizes[index]!;
    this.#session = session;
    this.head = headOf(card, index, prepared.anchors);
    this.#resizer = new Resizer({ ...card.input, width, height });
    const wanted = card.input.layout === 'nhwc' ? [1, height, width, 3] : [1, 3, height, width];
    const [input] = session.inputs;
    const positions = this.head.outputs.map(({ name, shape }) => find(session.outputs, shape, name));
    if (session.inputs.length !== 1 || !input || !same(input.shape, wanted) || positions.includes(-1)) {
      const show = (shapes: readonly Shape[]) => shapes.map((shape) => `[${shape}]`).join(' ');
      const shapesOf = (edges: readonly Edge[]) => show(edges.map(({ shape }) => shape));
      const has = `${shapesOf(session.inputs)} -> ${shapesOf(session.outputs)}`;
      const says = `${show([wanted])} -> ${show(this.head.outputs.map(({ shape }) => shape))}`;
      const remedy = 'correct the card or give the model that it describes';
      throw new KerbError('MODEL_SHAPE', `has the shapes ${has}, its card says ${says}`, where, remedy);
    }
    const meaning = (edge: Edge) => meaningOf(edge, prepared, where);
    this.#input = meaning(input);
    this.#stored = valuesFor(input);
    this.#outputs = positions.map((position) => ({ position, quantisation: meaning(session.outputs[position]!) }));
  }

  /**
   * Loads a size and tries it.
   * @param index position in the card's sizes
   * @throws KerbError MODEL_MISSING, MODEL_ALTERED, MODEL_UNREADABLE, MODEL_UNSUPPORTED, MODEL_SHAPE, MODEL_INSANE
   */
  static async open(card: Card, index: number, places: ModelPlaces, runtime: Runtime): Promise<Scale> {
    const size = card.sizes[index]!;
    const scale = await Scale.untried(card, index, await readModel(size, places), runtime);
    try {
      checkKnown(size.known, await scale.named(knownPicture()), card.known.tolerance, size.file);
      return scale;
    } catch (error) {
      scale.close();
      throw error;
    }
  }

  /** A size whose known numbers are still to be found (for writing a card). @throws KerbError MODEL_* */
  static async untried(card: Card, index: number, bytes: Uint8Array, runtime: Runtime): Promise<Scale> {
    const where = card.sizes[index]!.file;
    const prepared = prepareModel(bytes, card.head, where);
    const session = await runtime.load(prepared.bytes, where);
    try {
      return new Scale(card, index, session, prepared, where);
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** The model's outputs in the head's order, as real numbers. */
  async raw(picture: Picture | View): Promise<Float32Array[]> {
    const floats = this.#resizer.run(picture);
    const stored = this.#input ? quantise(floats, this.#input, this.#stored) : floats;
    const outputs = await this.#session.run([stored]);
    return this.#outputs.map(({ position, quantisation }) => real(outputs[position]!, quantisation));
  }

  /** The model's outputs by their names. */
  async named(picture: Picture): Promise<NamedOutputs> {
    return this.name(await this.raw(picture));
  }

  /** Outputs in the head's order, by their names. */
  name(values: readonly Float32Array[]): NamedOutputs {
    return Object.fromEntries(this.head.outputs.map(({ name }, i) => [name, values[i]!]));
  }

  /** Finds in outputs for a picture, not yet merged. */
  decode(values: readonly Float32Array[], picture: Picture, minScore: number): Candidate[] {
    return this.head.decode(values, this.#resizer.placement(picture), minScore);
  }

  /** Finds of one picture, not yet merged. */
  async look(picture: Picture | View, minScore: number): Promise<Candidate[]> {
    return this.decode(await this.raw(picture), picture, minScore);
  }

  close(): void {
    this.#session.close();
  }
}

/** Sides of one say nothing: a row of scores may be [1, 1, 1, n]. */
function same(a: Shape, b: Shape): boolean {
  const sides = (shape: Shape) => String(shape.filter((side) => side !== 1));
  return sides(a) === sides(b);
}

/** The output of a shape; of several the one whose name says so, else the first. */
function find(edges: readonly Edge[], shape: Shape, name: string): number {
  const fitting = [...edges.keys()].filter((i) => same(edges[i]!.shape, shape));
  const hint = name === 'boxes' ? /box|loc/i : /score|class|conf/i;
  return (fitting.length > 1 ? fitting.find((i) => hint.test(edges[i]!.name)) : undefined) ?? fitting[0] ?? -1;
}

/** What an edge's whole numbers mean; null for floats. */
function meaningOf(edge: Edge, { quantisation }: Prepared, where: string): Quantisation | null {
  if (edge.type === 'float32') return null;
  const known = quantisation.get(edge.name);
  if (known) return known;
  const what = `does not say what the numbers of ${edge.name} (${edge.type}) mean`;
  throw new KerbError('MODEL_UNSUPPORTED', what, where, 'export it with its quantisation, or with float edges');
}

function quantise(floats: Float32Array, { scale, zero }: Quantisation, out: Values): Values {
  const [step = 1] = scale;
  const [middle = 0] = zero;
  const [least, most] = out instanceof Int8Array ? [-128, 127] : [0, 255];
  for (let i = 0; i < floats.length; i++) {
    const value = Math.round(floats[i]! / step) + middle;
    out[i] = value < least ? least : value > most ? most : value;
  }
  return out;
}

function real(values: Values, quantisation: Quantisation | null): Float32Array {
  if (!quantisation) return values as Float32Array;
  const [step = 1] = quantisation.scale;
  const [middle = 0] = quantisation.zero;
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = (values[i]! - middle) * step;
  return out;
}
