// agent/cases: pictures to JPEG and back, for evidence. Pixels come in and go out; one way for writing and judging, so
// that a picture is judged exactly as whoever opens it will see it.
import { readPicture, writeJpeg } from '../../models/image.ts';
import type { Codec } from './mask.ts';

export const jpegCodec: Codec = {
  encode: (picture) => writeJpeg(picture),
  decode: (jpeg) => readPicture(jpeg, 'evidence picture'),
};
