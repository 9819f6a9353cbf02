// models/import: plans layers as a .tflite model for one picture size. In: layers, a size, how weights are kept.
// Out: a plan. Never: a picture size that changes a weight.
import type { Weights } from '../card.ts';
import { activation, operator, optionsKind, paddingSame } from '../tflite/schema.ts';
import type { Plan, PlanOperator, PlanTensor } from '../tflite/write.ts';
import type { Convolution, Layer, Lowered } from './lower.ts';
import { perChannel } from './quantise.ts';

/** What stays the same for every way of keeping weights: which layer reads and writes what. */
export interface Wiring {
  readonly layer: Layer;
  /** shape of what it gives */
  readonly shape: readonly number[];
}

/** Version of an operator by the schema's own history: hybrid convolutions with per-channel weights came with 5. */
const hybridConvolution = 5;

/**
 * @param width pixels of the input
 * @param height pixels of the input
 * @param outputNames names for the outputs, in order
 * @param weights as they are; or those of plain convolutions in a byte each, activations as they are (depthwise ones
 *   in bytes were four times slower than as floats)
 */
export function planTflite(
  lowered: Lowered,
  width: number,
  height: number,
  description: string,
  outputNames: readonly string[],
  weights: Exclude<Weights, 'int8'>,
): Plan {
  const tensors: PlanTensor[] = [{ name: 'picture', shape: [1, height, width, 3], type: 'float32' }];
  const operators: PlanOperator[] = [];
  const numberOf = new Map<number, number>([[0, 0]]);
  const add = (tensor: PlanTensor) => tensors.push(tensor) - 1;
  for (const { layer, shape } of wire(lowered, width, height)) {
    const inputs = layer.inputs.map((value) => numberOf.get(value)!);
    const int8 = weights === 'conv-int8' && layer.kind === 'conv';
    if (layer.kind === 'conv' || layer.kind === 'depthwise') {
      inputs.push(add(int8 ? byteWeights(layer) : constant(`${layer.name}/weights`, layer.shape, layer.weights)));
      inputs.push(add(constant(`${layer.name}/bias`, [layer.bias.length], layer.bias)));
    }
    const position = lowered.outputs.indexOf(layer.output);
    const name = position < 0 ? layer.name : outputNames[position]!;
    const output = add({ name, shape, type: 'float32' });
    numberOf.set(layer.output, output);
    operators.push(planOperator(layer, int8 ? hybridConvolution : 1, inputs, [output], shape));
  }
  const outputs = outputNames.map((name) => tensors.findIndex((tensor) => tensor.name === name));
  return { description, tensors, operators, inputs: [0], outputs };
}

function constant(name: string, shape: readonly number[], values: Float32Array): PlanTensor {
  return { name, shape, type: 'float32', data: bytesOf(values) };
}

function byteWeights(layer: Convolution): PlanTensor {
  const { values, scales } = perChannel(layer);
  const zero = scales.map(() => 0);
  const quantisation = { scale: scales, zero, dimension: 0 };
  return { name: `${layer.name}/weights`, shape: layer.shape, type: 'int8', data: bytesOf(values), quantisation };
}

export function bytesOf(values: Float32Array | Int8Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** One layer as an operator; `shape` is its output's. */
export function planOperator(
  layer: Layer,
  version: number,
  inputs: readonly number[],
  outputs: readonly number[],
  shape: readonly number[],
): PlanOperator {
  const common = { version, inputs, outputs };
  switch (layer.kind) {
    case 'conv':
    case 'depthwise': {
      const fused = layer.relu6 ? activation.relu6 : activation.none;
      const [stepY, stepX] = layer.stride;
      const steps = [
        [0, 'byte', paddingSame],
        [1, 'int', stepX],
        [2, 'int', stepY],
      ] as const;
      return layer.kind === 'conv'
        ? {
            ...common,
            code: operator.conv2d,
            options: {
              kind: optionsKind.conv2d,
              fields: [...steps, [3, 'byte', fused], [4, 'int', 1], [5, 'int', 1]],
            },
          }
        : {
            ...common,
            code: operator.depthwiseConv2d,
            options: {
              kind: optionsKind.depthwiseConv2d,
              fields: [...steps, [3, 'int', 1], [4, 'byte', fused], [5, 'int', 1], [6, 'int', 1]],
            },
          };
    }
    case 'add':
      return {
        ...common,
        code: operator.add,
        options: { kind: optionsKind.add, fields: [[0, 'byte', activation.none]] },
      };
    case 'concat': {
      const fields = [
        [0, 'int', 1],
        [1, 'byte', activation.none],
      ] as const;
      return { ...common, code: operator.concatenation, options: { kind: optionsKind.concatenation, fields } };
    }
    case 'reshape':
      return {
        ...common,
        code: operator.reshape,
        options: { kind: optionsKind.reshape, fields: [[0, 'ints', shape]] },
      };
    case 'sigmoid':
      return { ...common, code: operator.logistic };
  }
}

/** Every layer with the shape of what it gives, for one picture size. */
export function wire(lowered: Lowered, width: number, height: number): Wiring[] {
  const shapes = new Map<number, readonly number[]>([[0, [1, height, width, 3]]]);
  return lowered.layers.map((layer) => {
    const shape = shapeOf(
      layer,
      layer.inputs.map((value) => shapes.get(value)!),
    );
    shapes.set(layer.output, shape);
    return { layer, shape };
  });
}

function shapeOf(layer: Layer, inputs: readonly (readonly number[])[]): number[] {
  const from = inputs[0]!;
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
      // SAME: as many outputs as strides fit, rounded up
      return [1, Math.ceil(from[1]! / layer.stride[0]), Math.ceil(from[2]! / layer.stride[1]), layer.bias.length];
    case 'add':
    case 'sigmoid':
      return [...from];
    case 'reshape':
      return [1, from.reduce((product, side) => product * side, 1) / layer.columns, layer.columns];
    case 'concat':
      return [1, inputs.reduce((rows, shape) => rows + shape[1]!, 0), from[2]!];
  }
}
