// models: a model file made fit for its head. In: bytes whose hash was checked, the card's head. Out: bytes to load, anchors
// that lie in the file, how its edges are quantised. Never: a post-processing operator left in: runtimes differ in it, and
// what it does (boxes, thresholds, merging) is ours to do.
import type { Anchors } from './anchors.ts';
import type { Card } from './card.ts';
import { anchorsIn } from './tflite/anchors-in.ts';
import { editTflite } from './tflite/edit.ts';
import { postprocessOf } from './tflite/postprocess.ts';
import { type Model, type Quantisation, readTflite } from './tflite/read.ts';

export interface Prepared {
  readonly bytes: Uint8Array;
  readonly anchors: Anchors | null;
  /** quantisation of an edge by its name */
  readonly quantisation: ReadonlyMap<string, Quantisation>;
}

/** @throws KerbError MODEL_UNREADABLE, MODEL_UNSUPPORTED */
export function prepareModel(bytes: Uint8Array, head: Card['head'], where: string): Prepared {
  const model = readTflite(bytes, where);
  if (head.kind !== 'ssd' || !('from' in head.anchors)) {
    return { bytes, anchors: null, quantisation: quantisations(model, model.outputs) };
  }
  const anchors = anchorsIn(model, head.anchors.from, where);
  if (head.anchors.from === 'metadata') return { bytes, anchors, quantisation: quantisations(model, model.outputs) };
  const outputs = postprocessOf(model, where)!.inputs;
  const cut = editTflite(model, { cutLast: { outputs } }, where);
  return { bytes: cut, anchors, quantisation: quantisations(model, outputs) };
}

function quantisations(model: Model, outputs: readonly number[]): Map<string, Quantisation> {
  const found = new Map<string, Quantisation>();
  for (const index of [...model.inputs, ...outputs]) {
    const tensor = model.tensors[index]!;
    if (tensor.quantisation?.scale.length === 1) found.set(tensor.name, tensor.quantisation);
  }
  return found;
}
