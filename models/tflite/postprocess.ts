// models/tflite: the post-processing operator of SSD exports (TFLite_Detection_PostProcess). In: a model. Out: what it is
// fed and how it decodes. Source: the operator's own options, a FlexBuffers map.
import { KerbError, oneLine } from '../../contract/errors.ts';
import { FlatFault } from './flat.ts';
import { readFlexMap } from './flexmap.ts';
import { type Model, realNumbers, type Tensor } from './read.ts';

export const postprocessName = 'TFLite_Detection_PostProcess';

export interface Postprocess {
  /** tensors that it is fed: box encodings and scores */
  readonly inputs: readonly [boxes: number, scores: number];
  readonly boxes: Tensor;
  readonly scores: Tensor;
  /** per anchor: cy, cx, h, w, 0..1 of the input */
  readonly anchors: Float64Array;
  readonly classes: number;
  /** what encodings are multiplied by */
  readonly coder: { readonly centre: number; readonly size: number };
}

/** @returns null where the model has none @throws KerbError MODEL_UNREADABLE, MODEL_UNSUPPORTED */
export function postprocessOf(model: Model, where: string): Postprocess | null {
  const last = model.operators.at(-1);
  if (last?.custom !== postprocessName) {
    if (!model.operators.some(({ custom }) => custom === postprocessName)) return null;
    throw unsupported('works on after its post-processing', where);
  }
  const [boxesAt = -1, scoresAt = -1, anchorsAt = -1] = last.inputs;
  const [boxes, scores, anchorTensor] = [model.tensors[boxesAt], model.tensors[scoresAt], model.tensors[anchorsAt]];
  const anchors = anchorTensor && realNumbers(anchorTensor);
  if (!boxes || !scores || !anchors) throw unsupported('feeds its post-processing in an unknown way', where);
  const rows = boxes.shape[1] ?? 0;
  const fits =
    boxes.shape.length === 3 && boxes.shape[2] === 4 && scores.shape.length === 3 && scores.shape[1] === rows;
  if (!fits || anchors.length !== rows * 4) throw unsupported('has boxes, scores and anchors that do not agree', where);
  const options = optionsOf(last.customOptions ?? new Uint8Array(), where);
  const scale = (name: string, usual: number) => 1 / (options.get(name) || usual);
  const classes = options.get('num_classes') ?? scores.shape[2] ?? 0;
  const [x, y, w, h] = [scale('x_scale', 10), scale('y_scale', 10), scale('w_scale', 5), scale('h_scale', 5)];
  if (x !== y || w !== h) throw unsupported('scales across and down differently', where);
  return { inputs: [boxesAt, scoresAt], boxes, scores, anchors, classes, coder: { centre: x, size: w } };
}

function optionsOf(bytes: Uint8Array, where: string): Map<string, number> {
  try {
    return readFlexMap(bytes);
  } catch (error) {
    if (!(error instanceof FlatFault)) throw error;
    throw new KerbError('MODEL_UNREADABLE', oneLine(error), where, 'export it again');
  }
}

function unsupported(what: string, where: string): KerbError {
  return new KerbError('MODEL_UNSUPPORTED', what, where, 'export it with or without post-processing in the usual way');
}
