// models: one input size of a card, ready to look. In: a picture. Out: candidates in its pixels.
// Never: a model used that has another shape than its card says, or that failed on the known picture.
import { KerbError } from '../contract/errors.ts';
import type { Card } from './card.ts';
import { type ModelPlaces, readModel } from './files.ts';
import { checkKnown, knownPicture } from './known.ts';
import { Resizer } from './resize.ts';
import type { Runtime, Session, Shape } from './runtime.ts';
import { type Candidate, SsdHead } from './ssd.ts';
import type { Picture } from './types.ts';

/** Raw outputs of one run. */
export interface RawOutputs {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
}

/** A session with its resize and head. */
export class Scale {
  readonly #session: Session;
  readonly #resizer: Resizer;
  readonly #head: SsdHead;
  readonly #positions: { boxes: number; scores: number };

  private constructor(card: Card, index: number, session: Session, where: string) {
    const size = card.sizes[index]!;
    this.#session = session;
    this.#head = new SsdHead(card, index);
    this.#resizer = new Resizer(size.width, size.height, card.input.scale, card.input.offset);
    const wanted = this.#head.shapes();
    const find = (shape: Shape) => session.outputs.findIndex((output) => String(output) === String(shape));
    this.#positions = { boxes: find(wanted.boxes), scores: find(wanted.scores) };
    const fits =
      session.inputs.length === 1 &&
      String(session.inputs[0]) === String(wanted.input) &&
      session.outputs.length === 2 &&
      this.#positions.boxes >= 0 &&
      this.#positions.scores >= 0;
    if (!fits) {
      const show = (shapes: readonly Shape[]) => shapes.map((shape) => `[${shape}]`).join(' ');
      const has = `${show(session.inputs)} -> ${show(session.outputs)}`;
      const says = `${show([wanted.input])} -> ${show([wanted.boxes, wanted.scores])}`;
      const remedy = 'correct the card or give the model that it describes';
      throw new KerbError('MODEL_SHAPE', `has the shapes ${has}, its card says ${says}`, where, remedy);
    }
  }

  /**
   * Loads a size and tries it.
   * @param index position in the card's sizes
   * @throws KerbError MODEL_MISSING, MODEL_ALTERED, MODEL_UNREADABLE, MODEL_SHAPE, MODEL_INSANE
   */
  static async open(card: Card, index: number, places: ModelPlaces, runtime: Runtime): Promise<Scale> {
    const size = card.sizes[index]!;
    const session = await runtime.load(await readModel(size, places), size.file);
    try {
      const scale = new Scale(card, index, session, size.file);
      checkKnown(size, await scale.raw(knownPicture()), card.known.tolerance, size.file);
      return scale;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** The model's outputs as they are. */
  async raw(picture: Picture): Promise<RawOutputs> {
    const outputs = await this.#session.run([this.#resizer.run(picture)]);
    return { boxes: outputs[this.#positions.boxes]!, scores: outputs[this.#positions.scores]! };
  }

  /** Boxes of raw outputs as fractions of the picture, ymin, xmin, ymax, xmax per anchor. */
  corners(boxes: Float32Array): Float64Array {
    const corners = new Float64Array(boxes.length);
    for (let at = 0; at < boxes.length; at += 4) corners.set(this.#head.corners(boxes, at / 4), at);
    return corners;
  }

  /** Finds of one picture, not yet merged. */
  async look(picture: Picture, minScore: number): Promise<Candidate[]> {
    const { boxes, scores } = await this.raw(picture);
    return this.#head.decode(boxes, scores, picture.width, picture.height, minScore);
  }

  close(): void {
    this.#session.close();
  }
}
