// models/tflite: writes a plan as a .tflite file (the public TFLite schema). In: tensors and operators by number.
// Out: bytes that depend on nothing else. Never: a file for a plan that names a tensor it has not.
import { Builder } from 'flatbuffers';
import { type ElementType, elementTypes, identifier, operator } from './schema.ts';

/** How numbers of a tensor are meant: real = (stored - zero) x scale, one for all or one per channel. */
export interface PlanQuantisation {
  readonly scale: readonly number[];
  readonly zero: readonly number[];
  /** the dimension whose channels they are for, where there are several */
  readonly dimension?: number;
}

export interface PlanTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** of a constant, little-endian */
  readonly data?: Uint8Array;
  readonly quantisation?: PlanQuantisation;
}

/** One field of an operator's options, by its slot. */
export type PlanOption =
  | readonly [slot: number, type: 'byte' | 'int' | 'float', value: number]
  | readonly [slot: number, type: 'ints', value: readonly number[]];

export interface PlanOperator {
  readonly code: number;
  readonly version: number;
  /** of a custom operator: its name and options */
  readonly custom?: { readonly name: string; readonly options: Uint8Array };
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: { readonly kind: number; readonly fields: readonly PlanOption[] };
}

/** A whole model of one subgraph. */
export interface Plan {
  readonly description: string;
  readonly tensors: readonly PlanTensor[];
  readonly operators: readonly PlanOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** named blobs, e.g. TFLITE_METADATA */
  readonly metadata?: readonly { readonly name: string; readonly data: Uint8Array }[];
}

type Field = readonly [slot: number, type: 'byte' | 'int' | 'float' | 'offset', value: number];

/** A table from slot numbers: the whole of what generated code would do. */
export function table(builder: Builder, fields: readonly Field[]): number {
  builder.startObject(Math.max(-1, ...fields.map(([slot]) => slot)) + 1);
  for (const [slot, type, value] of fields) {
    if (type === 'byte') builder.addFieldInt8(slot, value, null);
    else if (type === 'int') builder.addFieldInt32(slot, value, null);
    else if (type === 'float') builder.addFieldFloat32(slot, value, null);
    else builder.addFieldOffset(slot, value, 0);
  }
  return builder.endObject();
}

export function vector(builder: Builder, type: 'int' | 'offset' | 'float' | 'long', values: readonly number[]): number {
  const bytes = type === 'long' ? 8 : 4;
  builder.startVector(bytes, values.length, bytes);
  for (const value of values.toReversed()) {
    if (type === 'int') builder.addInt32(value);
    else if (type === 'float') builder.addFloat32(value);
    else if (type === 'long') builder.addInt64(BigInt(value));
    else builder.addOffset(value);
  }
  return builder.endVector();
}

export function writeTflite(plan: Plan): Uint8Array {
  const { tensors, operators } = plan;
  const builder = new Builder(1 << 20);

  // Buffer 0 must be empty; data must lie on 16 bytes.
  const buffers = [table(builder, [])];
  const store = (bytes: Uint8Array) => {
    builder.prep(16, bytes.length);
    const data = builder.createByteVector(bytes);
    buffers.push(table(builder, [[0, 'offset', data]]));
    return buffers.length - 1;
  };
  const bufferOf = tensors.map(({ data }) => (data ? store(data) : 0));
  const blobs = (plan.metadata ?? []).map(({ name, data }) => ({ name, buffer: store(data) }));
  const tensorTables = tensors.map((tensor, i) => writeTensor(builder, tensor, bufferOf[i]!));
  const codes = codesOf(operators);
  const operatorTables = operators.map((one) => writeOperator(builder, one, codes.indexOf(codeKey(one))));
  const codeTables = codes.map((key) => writeCode(builder, operators.find((one) => codeKey(one) === key)!));
  const parts = {
    tensors: vector(builder, 'offset', tensorTables),
    inputs: vector(builder, 'int', plan.inputs),
    outputs: vector(builder, 'int', plan.outputs),
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
    codes: vector(builder, 'offset', codeTables),
    subgraphs: vector(builder, 'offset', [subgraph]),
    description: builder.createString(plan.description),
    buffers: vector(builder, 'offset', buffers),
  };
  const fields: Field[] = [
    [0, 'int', 3],
    [1, 'offset', top.codes],
    [2, 'offset', top.subgraphs],
    [3, 'offset', top.description],
    [4, 'offset', top.buffers],
  ];
  if (blobs.length > 0) {
    const entries = blobs.map(({ name, buffer }) => {
      const text = builder.createString(name);
      return table(builder, [
        [0, 'offset', text],
        [1, 'int', buffer],
      ]);
    });
    fields.push([6, 'offset', vector(builder, 'offset', entries)]);
  }
  builder.finish(table(builder, fields), identifier);
  return builder.asUint8Array();
}

/** A tensor's table; also for tensors that are put before a file that exists. */
export function writeTensor(builder: Builder, tensor: PlanTensor, buffer: number): number {
  const shape = vector(builder, 'int', tensor.shape);
  const name = builder.createString(tensor.name);
  const fields: Field[] = [
    [0, 'offset', shape],
    [1, 'byte', elementTypes.indexOf(tensor.type)],
    [2, 'int', buffer],
    [3, 'offset', name],
  ];
  if (tensor.quantisation) {
    const { scale, zero, dimension = 0 } = tensor.quantisation;
    const scales = vector(builder, 'float', scale);
    const zeros = vector(builder, 'long', zero);
    const quantisation = table(builder, [
      [2, 'offset', scales],
      [3, 'offset', zeros],
      [6, 'int', dimension],
    ]);
    fields.push([4, 'offset', quantisation]);
  }
  return table(builder, fields);
}

/** An operator's table; `code` is its place among the model's codes. */
export function writeOperator(builder: Builder, one: PlanOperator, code: number): number {
  const options = one.options ? writeOptions(builder, one.options.fields) : undefined;
  const inputs = vector(builder, 'int', one.inputs);
  const outputs = vector(builder, 'int', one.outputs);
  const fields: Field[] = [
    [0, 'int', code],
    [1, 'offset', inputs],
    [2, 'offset', outputs],
    [3, 'byte', one.options?.kind ?? 0],
  ];
  if (options !== undefined) fields.push([4, 'offset', options]);
  if (one.custom) fields.push([5, 'offset', builder.createByteVector(one.custom.options)]);
  return table(builder, fields);
}

function writeOptions(builder: Builder, options: readonly PlanOption[]): number {
  const fields = options.map(
    (option): Field =>
      option[1] === 'ints' ? [option[0], 'offset', vector(builder, 'int', option[2])] : (option as Field),
  );
  return table(builder, fields);
}

/** An operator code's table. */
export function writeCode(builder: Builder, { code, version, custom }: PlanOperator): number {
  const name = custom ? builder.createString(custom.name) : undefined;
  const fields: Field[] = [
    // the old field holds what fits a byte, the new one every code
    [0, 'byte', Math.min(code, 127)],
    [2, 'int', version],
    [3, 'int', code],
  ];
  if (name !== undefined) fields.push([1, 'offset', name]);
  return table(builder, fields);
}

const codeKey = ({ code, version, custom }: PlanOperator) =>
  code === operator.custom ? `custom ${custom?.name}` : `${code} ${version}`;
const codesOf = (operators: readonly PlanOperator[]) => [...new Set(operators.map(codeKey))];
