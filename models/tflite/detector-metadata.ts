// models/tflite: the detector metadata that MediaPipe puts into its models, within their TFLite Metadata
// (object_detector_metadata_schema.fbs, "V001"): fixed anchors and how outputs are decoded. In: a model. Out: those. Never: a list longer than its boxes could be.
import { KerbError, oneLine } from '../../contract/errors.ts';
import { Flat, FlatFault } from './flat.ts';
import type { Model } from './read.ts';

export interface DetectorMetadata {
  /** per anchor: cy, cx, h, w, 0..1 of the input */
  readonly anchors: Float64Array;
  readonly classes: number;
  readonly coder: { readonly centre: number; readonly size: number };
  /** whether scores still need the logistic function */
  readonly logits: boolean;
}

const entryName = 'DETECTOR_METADATA';
const mostAnchors = 200_000;
const mostBytes = 64 << 20;

/** @returns null where the model has none @throws KerbError MODEL_UNREADABLE */
export function detectorMetadata(model: Model, where: string): DetectorMetadata | null {
  const metadata = model.metadata.get('TFLITE_METADATA');
  if (!metadata) return null;
  try {
    const bytes = customMetadata(new Flat(metadata));
    return bytes ? read(new Flat(bytes)) : null;
  } catch (error) {
    if (!(error instanceof FlatFault)) throw error;
    throw new KerbError('MODEL_UNREADABLE', `detector metadata: ${oneLine(error)}`, where, 'fetch the file again');
  }
}

/** The entry of that name among the first subgraph's custom metadata: a FlatBuffer within a FlatBuffer. */
function customMetadata(flat: Flat): Uint8Array | null {
  const graph = flat.tables(flat.root('M001').field(3), 16)[0];
  for (const custom of graph ? flat.tables(graph.field(9), 16) : []) {
    if (flat.text(custom.field(0), 200) !== entryName) continue;
    const { at, length } = flat.vector(custom.field(1), 1, mostBytes);
    return flat.bytes.subarray(at, at + length);
  }
  return null;
}

function read(flat: Flat): DetectorMetadata {
  const root = flat.root('V001');
  const fixed = flat.child(flat.child(root.field(1))?.field(0) ?? 0);
  const decoding = flat.child(root.field(2));
  if (!fixed || !decoding) throw new FlatFault('it says nothing of anchors or decoding');
  const list = flat.tables(fixed.field(0), mostAnchors);
  const anchors = new Float64Array(list.length * 4);
  for (const [i, anchor] of list.entries()) {
    const [x = 0, y = 0, w = 0, h = 0] = [0, 1, 2, 3].map((slot) => flat.float(anchor.field(slot)));
    anchors.set([y, x, h, w], i * 4);
  }
  const scale = (slot: number) => 1 / (flat.float(decoding.field(slot)) || 1);
  const [x, y, w, h] = [scale(6), scale(7), scale(8), scale(9)];
  if (x !== y || w !== h || flat.byte(decoding.field(10)) === 0) throw new FlatFault('it decodes in an unknown way');
  return {
    anchors,
    classes: flat.int(decoding.field(0)),
    coder: { centre: x!, size: w! },
    logits: flat.byte(decoding.field(11)) !== 0,
  };
}
