// models: what a model card may say, as a schema. In: nothing. Out: zod schemas. Never: an unknown key, an unbounded list,
// a path that leaves its folder, or a measurement of one box.
import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not 64 hexadecimal digits');
const relativePath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\w][\w./-]*$/, 'is not a plain relative path')
  .refine((path) => !path.split('/').includes('..'), 'leaves its folder');
const side = z.number().int().min(32).max(4096);
const count = (most: number) => z.number().int().min(1).max(most);

const expected = z.strictObject({
  /** mean over the whole output */
  mean: z.number(),
  /** [index, value] of some elements */
  at: z
    .array(z.tuple([z.number().int().min(0), z.number()]))
    .min(1)
    .max(32),
});
/** what the known picture must give, by the head's names of its outputs */
const known = z.partialRecord(z.enum(['boxes', 'scores', 'rows']), expected);

const file = {
  file: relativePath,
  bytes: z
    .number()
    .int()
    .min(1)
    .max(512 << 20),
  sha256,
  known,
};

/** Ways of keeping the weights, besides the size's own file. */
export const weightsSchema = z.enum(['float', 'conv-int8', 'int8']);

const sizeSchema = z.strictObject({
  width: side,
  height: side,
  ...file,
  /** the same size with its weights kept otherwise; a box tries which serves it best */
  variants: z
    .partialRecord(
      z.enum(['conv-int8', 'int8']),
      z.strictObject({
        ...file,
        /** how far the known picture's numbers may be off: rounding differs more among processors than for floats */
        tolerance: z.number().positive().max(0.5),
      }),
    )
    .optional(),
});

const scores = z.enum(['probability', 'logit']);

const ssd = z.strictObject({
  kind: z.literal('ssd'),
  /** columns of the scores output */
  columns: count(1001),
  /** column 0 is the background and column n is label n; else column n is label n + 1 */
  background: z.boolean().default(true),
  scores: scores.default('probability'),
  /** what box encodings are multiplied by: centre, size */
  coder: z.strictObject({ centre: z.number().positive(), size: z.number().positive() }),
  anchors: z.union([
    z.strictObject({
      /** anchor sizes are fractions of this many input pixels, whatever the input size */
      reference: side,
      levels: z
        .array(
          z.strictObject({
            stride: count(4096),
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
    /** they lie in the file: in its post-processing operator, which is cut off, or in its detector metadata */
    z.strictObject({ from: z.enum(['postprocess', 'metadata']) }),
  ]),
});

const yolo = z.strictObject({
  kind: z.literal('yolo'),
  /** v5: box, objectness, classes; v8 (also 9, 11): box, classes; end: x0, y0, x1, y1, score, class */
  layout: z.enum(['v5', 'v8', 'end']),
  /** boxes in the output */
  rows: count(200_000),
  /** numbers for each box */
  columns: count(1100),
  /** numbers first: [1, columns, rows] */
  transposed: z.boolean(),
  /** whether boxes are fractions of the input or its pixels */
  boxes: z.enum(['normalised', 'pixels']),
});

const classifier = z.strictObject({
  kind: z.literal('classifier'),
  columns: count(25_000),
  scores,
});

export const cardSchema = z.strictObject({
  card: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/),
  version: z.string().min(1).max(40),
  licence: z.string().min(1).max(60),
  about: z.string().max(1000),
  source: z.union([
    z.strictObject({
      /** name@version in the npm registry */
      npm: z.string().max(200),
      integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
      folder: z.string().max(200),
    }),
    z.strictObject({
      /** the name that its file had when it was added */
      file: z.string().max(200),
      /** where that came from, if it was fetched */
      url: z.string().max(1000).optional(),
    }),
  ]),
  input: z.strictObject({
    layout: z.enum(['nhwc', 'nchw']),
    /** what the file takes; whole numbers are made by its own quantisation */
    dtype: z.enum(['float32', 'uint8', 'int8']),
    colour: z.literal('rgb'),
    /** value = pixel x scale + offset */
    scale: z.number(),
    offset: z.number(),
    /** stretched, by corners or by pixel centres; or whole within, the rest grey */
    resize: z.enum(['legacy-bilinear', 'bilinear', 'letterbox']),
  }),
  /** first: every look; second: wide looks; all: fine looks */
  sizes: z.array(sizeSchema).min(1).max(6),
  /** fine looks also look at nine overlapping tiles, with the first size where that enlarges them, else with the second */
  tiles: z.boolean().default(true),
  head: z.discriminatedUnion('kind', [ssd, yolo, classifier]),
  merge: z.strictObject({
    /** a lower find of the same class or group is dropped above this intersection over union */
    iou: fraction,
    /** across sizes, of the same class: dropped when more than this part of the smaller lies in the other ... */
    containment: fraction,
    /** ... and the smaller has at least this part of the other's area */
    part: fraction,
    /**
     * across sizes, of the same class: one object when they overlap and are no further apart than so many pixels of the
     * coarser size's input; the finer box is taken if its score is at least this share of the other's
     */
    near: z.strictObject({ pixels: z.number().min(0).max(32), share: z.number().min(0.1).max(1) }).optional(),
    /**
     * across runs: doubtful where a run in whose input it is between `least` and `most` pixels large (the root of its area)
     * gives it less than `score`
     */
    confirm: z
      .strictObject({ least: z.number().min(1), most: z.number().max(4096), score: z.number().gt(0).max(0.5) })
      .optional(),
    /** classes that are one object when their boxes coincide */
    groups: z.array(z.array(z.string().max(60)).min(2).max(20)).max(20),
    /** candidates kept per size before merging, and finds per look */
    candidates: count(5000),
    objects: count(1000),
  }),
  /** what a raw score is worth, for classes where a threshold would mean something else than for others */
  calibration: z
    .array(
      z.strictObject({
        classes: z.array(z.string().max(60)).min(1).max(100),
        /** [raw, calibrated], both rising; straight between them, and from 0, 0 and to 1, 1 */
        points: z
          .array(z.tuple([z.number().gt(0).lt(1), z.number().gt(0).lt(1)]))
          .min(1)
          .max(20)
          .refine(
            (points) =>
              points.every(([raw, worth], i) => i === 0 || (raw > points[i - 1]![0] && worth > points[i - 1]![1])),
            'does not rise from point to point',
          ),
      }),
    )
    .max(20)
    .default([]),
  /**
   * finds that are taken for what they are not, unless they are surer: walls and lawns with a person's shadow in them; specks
   * that an enlarged look takes for birds and balls
   */
  doubts: z
    .array(
      z.strictObject({
        classes: z.array(z.string().max(60)).min(1).max(100),
        /** larger than this share of the picture */
        share: fraction.default(0),
        /** and smaller than this one */
        below: fraction.optional(),
        /** and wider than so many of its heights */
        aspect: z.number().min(0).max(20).default(0),
        /** is believed from this raw score on */
        score: fraction,
      }),
    )
    .max(20)
    .default([]),
  known: z.strictObject({
    /** the picture of models/known.ts */
    picture: z.literal('pattern-1'),
    /** of values; of values above 1 a fraction */
    tolerance: z.number().positive().max(0.5),
  }),
  budget: z.strictObject({
    /** maximum of one base look on the smallest box, milliseconds */
    ms: z.number().positive(),
    /** maximum memory of one worker, all sizes loaded, MB */
    mb: z.number().positive(),
  }),
  /** label of each id from 1 on; null where the id is unused */
  labels: z.array(z.string().min(1).max(60).nullable()).min(1).max(25_000),
});
