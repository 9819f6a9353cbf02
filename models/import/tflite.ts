// models/import: writes layers as a .tflite file (the public TFLite schema, identifier TFL3). In: layers and one picture
// size. Out: bytes that depend on nothing else. Slot numbers and codes below are those of that schema.
import { Builder } from 'flatbuffers';
import type { Layer, Lowered } from './lower.ts';

const operators = { add: 0, concat: 2, conv: 3, depthwise: 4, sigmoid: 14, reshape: 22 } as const;
const optionKinds = { conv: 1, depthwise: 2, concat: 10, add: 11, reshape: 17, sigmoid: 0 } as const;
const activation = { none: 0, relu6: 3 } as const;
const paddingSame = 0;
const float32 = 0;
const noOptions = 0;

type Field = readonly [slot: number, type: 'byte' | 'int' | 'offset', value: number];
interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data?: Float32Array;
}

/** A table from slot numbers: the whole of what generated code would do. */
function table(builder: Builder, fields: readonly Field[]): number {
  builder.startObject(Math.max(-1, ...fields.map(([slot]) => slot)) + 1);
  for (const [slot, type, value] of fields) {
    if (type === 'byte') builder.addFieldInt8(slot, value, null);
    else if (type === 'int') builder.addFieldInt32(slot, value, null);
    else builder.addFieldOffset(slot, value, 0);
  }
  return builder.endObject();
}

function vector(builder: Builder, type: 'int' | 'offset', values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) {
    if (type === 'int') builder.addInt32(value);
    else builder.addOffset(value);
  }
  return builder.endVector();
}

/**
 * The model for one picture size.
 * @param width pixels of the input
 * @param height pixels of the input
 * @param outputNames names for the outputs, in order
 */
export function writeTflite(
  lowered: Lowered,
  width: number,
  height: number,
  description: string,
  outputNames: readonly string[],
): Uint8Array {
  const { tensors, tensorOf } = layOut(lowered, width, height, outputNames);
  const builder = new Builder(32 << 20);

  // Buffer 0 must be empty; data must lie on 16 bytes.
  const buffers = [table(builder, [])];
  const bufferOf = tensors.map((tensor) => {
    if (!tensor.data) return 0;
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    builder.prep(16, bytes.length);
    const data = builder.createByteVector(bytes);
    buffers.push(table(builder, [[0, 'offset', data]]));
    return buffers.length - 1;
  });
  const tensorTables = tensors.map((tensor, i) => {
    const shape = vector(builder, 'int', tensor.shape);
    const name = builder.createString(tensor.name);
    return table(builder, [
      [0, 'offset', shape],
      [1, 'byte', float32],
      [2, 'int', bufferOf[i]!],
      [3, 'offset', name],
    ]);
  });
  const kinds = [...new Set(lowered.layers.map((layer) => layer.kind))];
  const operatorTables = lowered.layers.map((layer) => {
    const own = tensorOf.get(layer)!;
    const options = layer.kind === 'sigmoid' ? 0 : writeOptions(builder, layer, tensors[own.output]!.shape);
    const inputs = vector(builder, 'int', own.inputs);
    const outputs = vector(builder, 'int', [own.output]);
    const fields: Field[] = [
      [0, 'int', kinds.indexOf(layer.kind)],
      [1, 'offset', inputs],
      [2, 'offset', outputs],
      [3, 'byte', optionKinds[layer.kind]],
    ];
    if (options !== noOptions) fields.push([4, 'offset', options]);
    return table(builder, fields);
  });
  const codes = kinds.map((kind) =>
    table(builder, [
      [0, 'byte', operators[kind]],
      [2, 'int', 1],
      [3, 'int', operators[kind]],
    ]),
  );
  const first = outputNames.map((name) => tensors.findIndex((tensor) => tensor.name === name));
  const parts = {
    tensors: vector(builder, 'offset', tensorTables),
    inputs: vector(builder, 'int', [0]),
    outputs: vector(builder, 'int', first),
    operators: vector(builder, 'offset', operatorTables),
    name: builder.createString('main'),
  };
  const subgraph = table(builder, [
    [0, 'offset', parts.tensors],
    [1, 'offset', parts.inputs],
    [2, 'offset', parts.outputs],
    [3, 'offset', parts.operators],
    [4, 'offset', parts.name],
  ]);
  const top = {
    codes: vector(builder, 'offset', codes),
    subgraphs: vector(builder, 'offset', [subgraph]),
    description: builder.createString(description),
    buffers: vector(builder, 'offset', buffers),
  };
  const model = table(builder, [
    [0, 'int', 3],
    [1, 'offset', top.codes],
    [2, 'offset', top.subgraphs],
    [3, 'offset', top.description],
    [4, 'offset', top.buffers],
  ]);
  builder.finish(model, 'TFL3');
  return builder.asUint8Array();
}

function writeOptions(builder: Builder, layer: Layer, shape: readonly number[]): number {
  switch (layer.kind) {
    case 'conv':
      return table(builder, [
        [0, 'byte', paddingSame],
        [1, 'int', layer.stride[1]],
        [2, 'int', layer.stride[0]],
        [3, 'byte', layer.relu6 ? activation.relu6 : activation.none],
        [4, 'int', 1],
        [5, 'int', 1],
      ]);
    case 'depthwise':
      return table(builder, [
        [0, 'byte', paddingSame],
        [1, 'int', layer.stride[1]],
        [2, 'int', layer.stride[0]],
        [3, 'int', 1],
        [4, 'byte', layer.relu6 ? activation.relu6 : activation.none],
        [5, 'int', 1],
        [6, 'int', 1],
      ]);
    case 'add':
      return table(builder, [[0, 'byte', activation.none]]);
    case 'concat':
      return table(builder, [
        [0, 'int', 1],
        [1, 'byte', activation.none],
      ]);
    case 'reshape': {
      const to = vector(builder, 'int', shape);
      return table(builder, [[0, 'offset', to]]);
    }
    case 'sigmoid':
      return noOptions;
  }
}

/** Gives every value and constant its tensor number and shape. */
function layOut(lowered: Lowered, width: number, height: number, outputNames: readonly string[]) {
  const tensors: Tensor[] = [{ name: 'picture', shape: [1, height, width, 3] }];
  const numberOf = new Map<number, number>([[0, 0]]);
  const tensorOf = new Map<Layer, { inputs: number[]; output: number }>();
  const add = (tensor: Tensor) => tensors.push(tensor) - 1;
  for (const layer of lowered.layers) {
    const inputs = layer.inputs.map((value) => numberOf.get(value)!);
    const shapes = inputs.map((input) => tensors[input]!.shape);
    const constants: number[] = [];
    if (layer.kind === 'conv' || layer.kind === 'depthwise') {
      constants.push(add({ name: `${layer.name}/weights`, shape: layer.shape, data: layer.weights }));
      constants.push(add({ name: `${layer.name}/bias`, shape: [layer.bias.length], data: layer.bias }));
    }
    const position = lowered.outputs.indexOf(layer.output);
    const name = position < 0 ? layer.name : outputNames[position]!;
    const output = add({ name, shape: shapeOf(layer, shapes) });
    numberOf.set(layer.output, output);
    tensorOf.set(layer, { inputs: [...inputs, ...constants], output });
  }
  return { tensors, tensorOf };
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
