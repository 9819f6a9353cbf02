// models/import: plans layers as a .tflite model of bytes throughout. In: layers, a size, a table of what values each layer
// gives (scripts/calibrate-int8.ts). Out: a plan that takes and gives floats. Never: a scale that runtimes round to nothing.
// Rules: the TFLite specification of 8-bit quantisation (weights symmetric per channel, activations with a zero point,
// biases in the product of both scales; logistic 1/256; what is joined has one scale).
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KerbError } from '../../contract/errors.ts';
import { operator } from '../tflite/schema.ts';
import type { Plan, PlanOperator, PlanQuantisation, PlanTensor } from '../tflite/write.ts';
import type { Convolution, Layer, Lowered } from './lower.ts';
import { perChannel } from './quantise.ts';
import { bytesOf, planOperator, wire } from './tflite.ts';

const tableSchema = z.strictObject({
  /** by layer: least and largest value it gives on pictures of a street */
  ranges: z.record(z.string().max(200), z.tuple([z.number(), z.number()])),
  /** by layer: what its channels give too little on average, once in bytes; added to its bias */
  corrections: z.record(z.string().max(200), z.array(z.number()).max(4096)),
});
export type Int8Table = z.infer<typeof tableSchema>;

/** A value's place in bytes: real = (stored - zero) x scale. */
interface Params {
  readonly scale: number;
  readonly zero: number;
}

const picture: Params = { scale: Math.fround(2 / 255), zero: 0 };
const logisticParams: Params = { scale: 1 / 256, zero: -128 };
const versions: Record<Layer['kind'], number> = { conv: 3, depthwise: 3, add: 2, concat: 2, sigmoid: 2, reshape: 1 };
/** Room below the limits of 32-bit biases and of requantising factors (2^-31, 2^-32). */
const largestBias = 2 ** 30;
const leastFactor = 2 ** -29;

/** The table that was made for the default detector. */
export async function readInt8Table(): Promise<Int8Table> {
  return tableSchema.parse(JSON.parse(await readFile(new URL('./coco-int8.json', import.meta.url), 'utf8')));
}

/** @throws KerbError GRAPH_UNSUPPORTED for a layer that the table does not know */
export function planInt8(
  lowered: Lowered,
  width: number,
  height: number,
  description: string,
  outputNames: readonly string[],
  table: Int8Table,
): Plan {
  const params = paramsOf(lowered, table);
  const tensors: PlanTensor[] = [];
  const operators: PlanOperator[] = [];
  const add = (tensor: PlanTensor) => tensors.push(tensor) - 1;
  const stored = (name: string, shape: readonly number[], { scale, zero }: Params) =>
    add({ name, shape, type: 'int8', quantisation: { scale: [scale], zero: [zero] } });

  const input = add({ name: 'picture', shape: [1, height, width, 3], type: 'float32' });
  const numberOf = new Map<number, number>([[0, stored('picture_int8', [1, height, width, 3], picture)]]);
  operators.push({ code: operator.quantize, version: 1, inputs: [input], outputs: [numberOf.get(0)!] });
  const shapes = new Map<number, readonly number[]>();
  for (const { layer, shape } of wire(lowered, width, height)) {
    const inputs = layer.inputs.map((value) => numberOf.get(value)!);
    const own = params.get(layer.output)!;
    if (layer.kind === 'conv' || layer.kind === 'depthwise') {
      const correction = table.corrections[layer.name];
      for (const tensor of constants(layer, params.get(layer.inputs[0])!, own, correction)) inputs.push(add(tensor));
    }
    const output = stored(layer.name, shape, own);
    numberOf.set(layer.output, output);
    shapes.set(layer.output, shape);
    operators.push(planOperator(layer, versions[layer.kind], inputs, [output], shape));
  }
  const outputs = lowered.outputs.map((value, i) => {
    const output = add({ name: outputNames[i]!, shape: shapes.get(value)!, type: 'float32' });
    operators.push({ code: operator.dequantize, version: 2, inputs: [numberOf.get(value)!], outputs: [output] });
    return output;
  });
  return { description, tensors, operators, inputs: [input], outputs };
}

/** Every value's scale and zero point. */
function paramsOf(lowered: Lowered, table: Int8Table): Map<number, Params> {
  const makers = new Map(lowered.layers.map((layer) => [layer.output, layer]));
  const source = (value: number): Layer => {
    const layer = makers.get(value)!;
    return layer.kind === 'reshape' ? source(layer.inputs[0]) : layer;
  };
  const rangeOf = (layer: Layer): readonly [number, number] => {
    const range = table.ranges[layer.name];
    if (range) return range;
    const what = 'is not in the table of ranges';
    throw new KerbError(
      'GRAPH_UNSUPPORTED',
      what,
      `graph node ${layer.name}`,
      'make it anew: scripts/calibrate-int8.ts',
    );
  };
  const joined = new Map<Layer, Params>();
  for (const layer of lowered.layers) {
    if (layer.kind !== 'concat') continue;
    const parts = layer.inputs.map(source);
    const ranges = parts.map(rangeOf);
    const common = fromRange(Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high)));
    for (const part of [...parts, layer]) joined.set(part, common);
  }
  const params = new Map<number, Params>([[0, picture]]);
  for (const layer of lowered.layers) {
    if (layer.kind === 'reshape') params.set(layer.output, params.get(layer.inputs[0])!);
    else if (layer.kind === 'sigmoid') params.set(layer.output, logisticParams);
    else params.set(layer.output, joined.get(layer) ?? fromRange(...rangeOf(layer)));
  }
  return params;
}

/** Zero must be a whole step: padding is made of it. */
function fromRange(low: number, high: number): Params {
  const [least, most] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround(Math.max((most - least) / 255, 1e-6));
  return { scale, zero: Math.min(127, Math.max(-128, Math.round(-128 - least / scale))) };
}

function constants(layer: Convolution, from: Params, to: Params, correction: readonly number[] = []): PlanTensor[] {
  const bias = Float64Array.from(layer.bias, (value, c) => value + (correction[c] ?? 0));
  const { values, scales } = perChannel(layer, (c) =>
    Math.max(Math.abs(bias[c]!) / (from.scale * largestBias), (leastFactor * to.scale) / from.scale),
  );
  const products = scales.map((scale) => Math.fround(from.scale * scale));
  const steps = Int32Array.from(bias, (value, c) => Math.round(value / products[c]!));
  const zero = scales.map(() => 0);
  const quantisation = (scale: number[], dimension: number): PlanQuantisation => ({ scale, zero, dimension });
  return [
    {
      name: `${layer.name}/weights`,
      shape: layer.shape,
      type: 'int8',
      data: bytesOf(values),
      quantisation: quantisation(scales, layer.kind === 'conv' ? 0 : 3),
    },
    {
      name: `${layer.name}/bias`,
      shape: [bias.length],
      type: 'int32',
      data: bytesOf(steps),
      quantisation: quantisation(products, 0),
    },
  ];
}
