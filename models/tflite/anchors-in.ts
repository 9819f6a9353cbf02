// models/tflite: anchors that a file brings along. In: a model. Out: cy, cx, h, w per anchor. Never: more than its boxes.
import { KerbError } from '../../contract/errors.ts';
import { detectorMetadata } from './detector-metadata.ts';
import { postprocessOf } from './postprocess.ts';
import type { Model } from './read.ts';

/** @throws KerbError MODEL_UNSUPPORTED where they are not there */
export function anchorsIn(model: Model, from: 'postprocess' | 'metadata', where: string): Float64Array {
  const anchors =
    from === 'postprocess' ? postprocessOf(model, where)?.anchors : detectorMetadata(model, where)?.anchors;
  if (anchors) return anchors;
  const what = `has no anchors in its ${from === 'postprocess' ? 'post-processing' : 'detector metadata'}`;
  throw new KerbError('MODEL_UNSUPPORTED', what, where, 'correct the card or give the model that it describes');
}
