// models: small models of every kind that a user may bring, made here, for tests: their only layers are convolutions of one
// pixel, so what they find hangs on single pixels and can be said beforehand. Tests only.
import { Builder } from 'flatbuffers';
import { bytesOf } from './import/tflite.ts';
import { operator, optionsKind } from './tflite/schema.ts';
import { type Plan, type PlanOperator, type PlanTensor, table, vector, writeTflite } from './tflite/write.ts';

type EdgeType = 'float32' | 'uint8' | 'int8';

const transposeOperator = 39;
const validPadding = 1;
/** SoftmaxOptions: beta is 1 */
const once = { kind: optionsKind.softmax, fields: [[0, 'float', 1]] } as const;

/** Builds a plan step by step; values are tensor numbers. */
export class ModelMaker {
  readonly #tensors: PlanTensor[] = [];
  readonly #operators: PlanOperator[] = [];
  readonly #inputs: number[] = [];

  constant(values: Float32Array | Int32Array, shape: readonly number[]): number {
    const type = values instanceof Int32Array ? 'int32' : 'float32';
    return this.tensor({ name: `constant${this.#tensors.length}`, shape, type, data: bytesOf(values) });
  }

  tensor(tensor: PlanTensor): number {
    return this.#tensors.push(tensor) - 1;
  }

  /** A picture as floats 0..1, whatever the edge is. */
  picture(shape: readonly number[], type: EdgeType): number {
    if (type === 'float32') {
      const input = this.tensor({ name: 'picture', shape, type });
      this.#inputs.push(input);
      return input;
    }
    const quantisation = { scale: [1 / 255], zero: [type === 'int8' ? -128 : 0] };
    const input = this.tensor({ name: 'picture', shape, type, quantisation });
    this.#inputs.push(input);
    return this.step(operator.dequantize, 2, [input], shape);
  }

  step(
    code: number,
    version: number,
    inputs: readonly number[],
    shape: readonly number[],
    more: Partial<PlanTensor> & { options?: PlanOperator['options'] } = {},
  ): number {
    const { options, ...tensor } = more;
    const output = this.tensor({ name: `value${this.#tensors.length}`, shape, type: 'float32', ...tensor });
    this.#operators.push({ code, version, inputs, outputs: [output], ...(options ? { options } : {}) });
    return output;
  }

  /** For each grid cell the pixel in its corner: [out, 3] weights and a bias for each output. */
  cells(picture: number, stride: number, weights: Float32Array, bias: Float32Array): number {
    const [, height = 0, width = 0] = this.#tensors[picture]!.shape;
    const shape = [1, Math.ceil(height / stride), Math.ceil(width / stride), bias.length];
    const inputs = [picture, this.constant(weights, [bias.length, 1, 1, 3]), this.constant(bias, [bias.length])];
    const output = this.tensor({ name: `cells${stride}`, shape, type: 'float32' });
    const fields = [
      [0, 'byte', validPadding],
      [1, 'int', stride],
      [2, 'int', stride],
      [4, 'int', 1],
      [5, 'int', 1],
    ] as const;
    const options = { kind: optionsKind.conv2d, fields };
    this.#operators.push({ code: operator.conv2d, version: 1, inputs, outputs: [output], options });
    return output;
  }

  reshape(value: number, shape: readonly number[]): number {
    const output = this.tensor({ name: `shaped${this.#tensors.length}`, shape, type: 'float32' });
    const options = { kind: optionsKind.reshape, fields: [[0, 'ints', shape]] as const };
    this.#operators.push({ code: operator.reshape, version: 1, inputs: [value], outputs: [output], options });
    return output;
  }

  concat(values: readonly number[], shape: readonly number[]): number {
    const output = this.tensor({ name: `joined${this.#tensors.length}`, shape, type: 'float32' });
    const options = { kind: optionsKind.concatenation, fields: [[0, 'int', 1]] as const };
    this.#operators.push({ code: operator.concatenation, version: 1, inputs: values, outputs: [output], options });
    return output;
  }

  transpose(value: number, shape: readonly number[]): number {
    return this.step(transposeOperator, 1, [value, this.constant(Int32Array.of(0, 2, 1), [3])], shape);
  }

  /** An output under a name; whole numbers get a quantisation for 0..1. */
  output(value: number, name: string, type: EdgeType): number {
    const { shape } = this.#tensors[value]!;
    if (type === 'float32') return this.rename(value, name);
    const quantisation = { scale: [1 / 255], zero: [type === 'int8' ? -128 : 0] };
    return this.step(operator.quantize, 1, [value], shape, { name, type, quantisation });
  }

  rename(value: number, name: string): number {
    this.#tensors[value] = { ...this.#tensors[value]!, name };
    return value;
  }

  custom(name: string, options: Uint8Array, inputs: readonly number[], outputs: readonly string[]): number[] {
    const made = outputs.map((output) => this.tensor({ name: output, shape: [], type: 'float32' }));
    this.#operators.push({ code: operator.custom, version: 1, custom: { name, options }, inputs, outputs: made });
    return made;
  }

  done(outputs: readonly number[], metadata: Plan['metadata'] = []): Uint8Array {
    const plan = { description: 'made for a test', tensors: this.#tensors, operators: this.#operators };
    return writeTflite({ ...plan, inputs: this.#inputs, outputs, metadata });
  }
}

export interface YoloShape {
  readonly layout: 'v5' | 'v8';
  readonly transposed?: boolean;
  readonly pixels?: boolean;
  readonly edges?: EdgeType;
  readonly classes?: number;
}

/** side x side pixels; a red cell corner is class 0, a green one class 1; every box is in the middle, half as large. */
export function yoloModel(
  side: number,
  { layout, transposed = false, pixels = false, edges = 'float32', classes = 3 }: YoloShape,
) {
  const make = new ModelMaker();
  const picture = make.picture([1, side, side, 3], edges);
  const first = layout === 'v5' ? 5 : 4;
  const boxes = layout === 'v5' ? 3 : 1;
  const columns = first + classes;
  const weights = new Float32Array(boxes * columns * 3);
  const bias = new Float32Array(boxes * columns);
  const unit = pixels ? side : 1;
  for (let b = 0; b < boxes; b++) {
    bias.set([0.5 * unit, 0.5 * unit, 0.5 * unit, 0.5 * unit], b * columns);
    if (layout === 'v5') bias[b * columns + 4] = 0.9;
    for (let c = 0; c < Math.min(classes, 3); c++) weights[(b * columns + first + c) * 3 + c] = 0.9;
  }
  const parts = [8, 16, 32].map((stride) => {
    const cells = (side / stride) ** 2;
    return {
      rows: cells * boxes,
      value: make.reshape(make.cells(picture, stride, weights, bias), [1, cells * boxes, columns]),
    };
  });
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const all = make.concat(
    parts.map(({ value }) => value),
    [1, rows, columns],
  );
  const turned = transposed ? make.transpose(all, [1, columns, rows]) : all;
  return make.done([make.output(turned, 'Identity', edges)]);
}

/**
 * EfficientDet-Lite0's shapes: every box is its anchor; a red cell corner is class 0, green 1, blue 2 of 90.
 * @param tfliteMetadata what it says of itself
 */
export function efficientDetModel(tfliteMetadata: Uint8Array | null = null): Uint8Array {
  const make = new ModelMaker();
  const picture = make.picture([1, 320, 320, 3], 'float32');
  const [anchors, classes] = [9, 90];
  const weights = new Float32Array(anchors * classes * 3);
  const bias = new Float32Array(anchors * classes).fill(-8);
  for (let a = 0; a < anchors; a++) for (let c = 0; c < 3; c++) weights[(a * classes + c) * 3 + c] = 10;
  const zeros = [new Float32Array(anchors * 4 * 3), new Float32Array(anchors * 4)] as const;
  const cellsOf = (stride: number) => Math.ceil(320 / stride) ** 2;
  const strides = [8, 16, 32, 64, 128];
  const rows = strides.reduce((sum, stride) => sum + cellsOf(stride) * anchors, 0);
  const boxes = strides.map((s) => make.reshape(make.cells(picture, s, ...zeros), [1, cellsOf(s) * anchors, 4]));
  const scores = strides.map((s) =>
    make.reshape(make.cells(picture, s, weights, bias), [1, cellsOf(s) * anchors, classes]),
  );
  const logits = make.concat(scores, [1, rows, classes]);
  const probabilities = make.rename(make.step(operator.logistic, 1, [logits], [1, rows, classes]), 'scores');
  const metadata = tfliteMetadata ? [{ name: 'TFLITE_METADATA', data: tfliteMetadata }] : [];
  return make.done([make.rename(make.concat(boxes, [1, rows, 4]), 'boxes'), probabilities], metadata);
}

/** TFLite Metadata as MediaPipe writes it for a detector of these anchors: cx, cy, w, h each. Pixels are -1..1. */
export function detectorMetadata(anchors: readonly (readonly number[])[], classes: number): Uint8Array {
  const builder = new Builder(1 << 20);
  const tables = anchors.map((anchor) =>
    table(
      builder,
      anchor.map((value, slot) => [slot, 'float', value] as const),
    ),
  );
  const list = vector(builder, 'offset', tables);
  const fixed = table(builder, [[0, 'offset', list]]);
  const options = table(builder, [[0, 'offset', fixed]]);
  const scales = [6, 7, 8, 9].map((slot) => [slot, 'float', 1] as const);
  const decoding = table(builder, [[0, 'int', classes], ...scales, [10, 'byte', 1]]);
  const root = table(builder, [
    [1, 'offset', options],
    [2, 'offset', decoding],
  ]);
  builder.finish(root, 'V001');
  return aboutDetector(builder.asUint8Array());
}

function aboutDetector(detector: Uint8Array): Uint8Array {
  const builder = new Builder(detector.length + 4096);
  const data = builder.createByteVector(detector);
  const name = builder.createString('DETECTOR_METADATA');
  const custom = table(builder, [
    [0, 'offset', name],
    [1, 'offset', data],
  ]);
  const customs = vector(builder, 'offset', [custom]);
  const [mean, std] = [vector(builder, 'float', [127.5]), vector(builder, 'float', [127.5])];
  const normalization = table(builder, [
    [0, 'offset', mean],
    [1, 'offset', std],
  ]);
  const unit = table(builder, [
    [0, 'byte', 1],
    [1, 'offset', normalization],
  ]);
  const units = vector(builder, 'offset', [unit]);
  const inputs = vector(builder, 'offset', [table(builder, [[4, 'offset', units]])]);
  const graph = table(builder, [
    [2, 'offset', inputs],
    [9, 'offset', customs],
  ]);
  const graphs = vector(builder, 'offset', [graph]);
  const licence = builder.createString('Apache-2.0');
  builder.finish(
    table(builder, [
      [3, 'offset', graphs],
      [5, 'offset', licence],
    ]),
    'M001',
  );
  return builder.asUint8Array();
}

/** A classifier: the more red, the more class 0, and so on. */
export function classifierModel(classes: number, edges: EdgeType, softmax: boolean): Uint8Array {
  const make = new ModelMaker();
  const picture = make.picture([1, 32, 32, 3], edges);
  const weights = new Float32Array(classes * 3);
  for (let c = 0; c < Math.min(classes, 3); c++) weights[c * 3 + c] = 9;
  const row = make.reshape(make.cells(picture, 32, weights, new Float32Array(classes)), [1, classes]);
  const value = softmax ? make.step(operator.softmax, 1, [row], [1, classes], { options: once }) : row;
  return make.done([make.output(value, 'scores', softmax ? edges : 'float32')]);
}

/** A model of any other kind, by the shapes of its edges alone. */
export function otherModel(input: readonly number[], outputs: readonly (readonly number[])[]): Uint8Array {
  const make = new ModelMaker();
  const picture = make.picture(input, 'float32');
  return make.done(outputs.map((shape, i) => make.rename(make.reshape(picture, shape), `out${i}`)));
}

/** A model with a file behind it, as a ZIP archive of one stored entry. */
export function attached(model: Uint8Array, name: string, content: string): Uint8Array {
  const [title, bytes] = [Buffer.from(name), Buffer.from(content)];
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(bytes.length, 4);
  sizes.writeUInt32LE(bytes.length, 8);
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16LE(title.length);
  const head = Buffer.concat([Buffer.alloc(10), sizes, lengths]);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, title, bytes]);
  // the list has two versions where the entry has one, and fields of its own before the name
  const listed = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(2), head, Buffer.alloc(14), title]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([model, local, listed, end]);
}
