// models/add: what a model is, by its edges and what it says of itself. In: a model, read. Out: its input and likely head, or
// a refusal that names what it is instead. Never: a guess passed off as known; what was guessed is said in `notes`.
import { KerbError } from '../../contract/errors.ts';
import type { Card } from '../card.ts';
import { lengthOf } from '../runtime.ts';
import { type ModelMetadata, metadataOf } from '../tflite/metadata.ts';
import type { Model, Tensor } from '../tflite/read.ts';
import { headFor } from './heads.ts';

/** Numbers in one tensor; a picture of 1280 x 1280 in 64 channels has 105 million. */
const mostNumbers = 128 << 20;

/** What is known of a model before it has run. */
export interface Inspection {
  readonly width: number;
  readonly height: number;
  readonly input: Card['input'];
  readonly head: Card['head'];
  readonly metadata: ModelMetadata;
  /** what was guessed, in words */
  readonly notes: readonly string[];
}

export interface InspectOptions {
  /** labels that the user gives; they also tell a classifier from another vector */
  readonly labels: readonly (string | null)[] | null;
  /** least and largest value of a float input, where the user says it */
  readonly range: readonly [number, number] | null;
}

/** @throws KerbError MODEL_UNSUPPORTED, MODEL_UNREADABLE */
export function inspect(model: Model, options: InspectOptions, where: string): Inspection {
  if (model.inputs.length !== 1) {
    throw unusable(`takes ${model.inputs.length} inputs, not one picture: a model for text or for pairs`, where);
  }
  const large = model.tensors.find(({ shape }) => lengthOf(shape) > mostNumbers);
  if (large) throw unusable(`needs more memory than a box has: ${large.name} is ${large.shape.join('x')}`, where);
  const input = model.tensors[model.inputs[0]!]!;
  const layout = layoutOf(input, where);
  const [height = 0, width = 0] = layout === 'nhwc' ? input.shape.slice(1) : input.shape.slice(2);
  const metadata = metadataOf(model);
  const notes: string[] = [];
  const head = headFor(model, { width, height, metadata, labels: options.labels ?? metadata.labels, notes }, where);
  if (model.tensors.some((tensor) => tensor.type === 'float16' && tensor.data !== null)) {
    notes.push('weights are float16: several times slower here than float32 or int8; export one of those');
  }
  const dtype = input.type as Card['input']['dtype'];
  const range = options.range ?? usualRange(head, notes, input, metadata);
  const scaling = dtype === 'float32' ? floatScaling(metadata, range, where) : storedScaling(input, where);
  const resize = head.kind === 'yolo' ? 'letterbox' : 'bilinear';
  return { width, height, input: { layout, dtype, colour: 'rgb', ...scaling, resize }, head, metadata, notes };
}

/** Something that is no detector or classifier of pictures. */
export function unusable(what: string, where: string): KerbError {
  const remedy = 'give a detector or classifier: SSD, YOLOv5/v8/11, EfficientDet-Lite; see docs/models.md';
  return new KerbError('MODEL_UNSUPPORTED', what, where, remedy);
}

function layoutOf({ shape, type, name }: Tensor, where: string): 'nhwc' | 'nchw' {
  const sides = shape.join('x');
  if (shape.length <= 2) {
    throw unusable(`is a model for sound, text or other lists: its input is ${sides || 'one number'}`, where);
  }
  if (type !== 'float32' && type !== 'uint8' && type !== 'int8') {
    throw unusable(`takes pixels as no camera gives them: its input ${name} is ${type ?? 'unknown'} ${sides}`, where);
  }
  const [batch, a, b, c] = shape;
  if (shape.length === 4 && batch === 1) {
    const [layout, height, width] = c === 3 ? (['nhwc', a, b] as const) : (['nchw', b, c] as const);
    const sound = (side = 0) => side >= 32 && side <= 4096;
    if ((c === 3 || a === 3) && sound(height) && sound(width)) return layout;
    if (c === 1 || a === 1) throw unusable(`takes grey pictures (${sides})`, where);
  }
  throw unusable(`takes no picture of one fixed size: its input is ${sides}`, where);
}

function usualRange(
  head: Card['head'],
  notes: string[],
  { type }: Tensor,
  { normalisation }: ModelMetadata,
): readonly [number, number] {
  const range = head.kind === 'yolo' ? ([0, 1] as const) : ([-1, 1] as const);
  if (type === 'float32' && normalisation === null && head.kind !== 'yolo') {
    notes.push(
      `the file does not say how pixels are scaled; taken to be ${range.join('..')} (--range 0..1 or 0..255 else)`,
    );
  }
  return range;
}

function floatScaling({ normalisation }: ModelMetadata, range: readonly [number, number], where: string) {
  if (!normalisation) return { scale: (range[1] - range[0]) / 255, offset: range[0] };
  const same = (list: readonly number[]) => list.every((value) => value === list[0]);
  const { mean, std } = normalisation;
  if (!same(mean) || !same(std)) throw unusable('normalises each colour differently', where);
  return { scale: 1 / std[0]!, offset: -mean[0]! / std[0]! };
}

/** A stored byte is a pixel, as exporters quantise pictures; int8 is shifted by 128. */
function storedScaling({ quantisation, type, name }: Tensor, where: string) {
  const [scale] = quantisation?.scale ?? [];
  if (scale === undefined) throw unusable(`does not say what the numbers of ${name} mean`, where);
  const [zero = 0] = quantisation!.zero;
  return { scale, offset: (type === 'int8' ? -128 - zero : -zero) * scale };
}
