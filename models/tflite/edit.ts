// models/tflite: another graph over the same file. In: a model and what is to change at its edges. Out: a new file: a few
// new tables in front of the old bytes, which stay as they are, operators that are not understood included.
// Never: a weight touched. FlatBuffers point forward only, so what is new must lie before what it refers to.
import { Builder } from 'flatbuffers';
import { KerbError } from '../../contract/errors.ts';
import { Flat, type Table } from './flat.ts';
import type { Model } from './read.ts';
import { identifier, operator } from './schema.ts';
import { type PlanOperator, type PlanTensor, table, vector, writeCode, writeOperator, writeTensor } from './write.ts';

/** What to change. */
export interface Edit {
  /** leave out the last operator and make these tensors the outputs */
  readonly cutLast?: { readonly outputs: readonly number[] };
  /** give and take floats where the file has int8, by operators that it gets in front and behind */
  readonly floatEdges?: boolean;
}

/** Weights are aligned to 16 bytes; the old file as a whole to 64. */
const alignment = 64;

/** @throws KerbError MODEL_UNSUPPORTED */
export function editTflite(model: Model, edit: Edit, where: string): Uint8Array {
  const outputs = [...(edit.cutLast?.outputs ?? model.outputs)];
  const inputs = [...model.inputs];
  const added: PlanTensor[] = [];
  const before: PlanOperator[] = [];
  const behind: PlanOperator[] = [];
  const float = (index: number) => {
    const { name, shape } = model.tensors[index]!;
    added.push({ name, shape, type: 'float32' });
    return model.tensors.length + added.length - 1;
  };
  const isInt8 = (index: number) => edit.floatEdges && model.tensors[index]!.type === 'int8';
  for (const [i, index] of inputs.entries()) {
    if (!isInt8(index)) continue;
    inputs[i] = float(index);
    before.push({ code: operator.quantize, version: 1, inputs: [inputs[i]!], outputs: [index] });
  }
  for (const [i, index] of outputs.entries()) {
    if (!isInt8(index)) continue;
    outputs[i] = float(index);
    behind.push({ code: operator.dequantize, version: 2, inputs: [index], outputs: [outputs[i]!] });
  }
  return prepend(model.bytes, { inputs, outputs, added, before, behind, drop: edit.cutLast ? 1 : 0 }, where);
}

interface Change {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly added: readonly PlanTensor[];
  readonly before: readonly PlanOperator[];
  readonly behind: readonly PlanOperator[];
  /** operators dropped from the end */
  readonly drop: number;
}

function prepend(bytes: Uint8Array, change: Change, where: string): Uint8Array {
  const flat = new Flat(bytes);
  const root = flat.root(identifier);
  const graph = flat.tables(root.field(2), 64)[0]!;
  const codes = flat.tables(root.field(1), 1000);
  const buffers = flat.tables(root.field(4), 40_000);
  if (buffers.some((buffer) => buffer.field(1) !== 0)) {
    const remedy = 'export it as a plain file under 2 GB';
    throw new KerbError('MODEL_UNSUPPORTED', 'keeps its weights outside its tables', where, remedy);
  }

  const length = Math.ceil(bytes.length / alignment) * alignment;
  const builder = new Builder(length + (64 << 10));
  const padded = new Uint8Array(length);
  padded.set(bytes);
  builder.prep(alignment, length);
  builder.createByteVector(padded);
  // The builder counts from the end, where the old file now lies.
  const old = (place: number) => length - place;
  const tables = (list: readonly Table[]) => list.map(({ at }) => old(at));
  const behindField = (field: number) => old(field + flat.int(field));

  const fresh = [...new Map([...change.before, ...change.behind].map((one) => [one.code, one])).values()];
  const codeOf = (one: PlanOperator) => codes.length + fresh.findIndex(({ code }) => code === one.code);
  const write = (one: PlanOperator) => writeOperator(builder, one, codeOf(one));
  const kept = flat.tables(graph.field(3), 20_000);
  const operators = [
    ...change.before.map(write),
    ...tables(kept.slice(0, kept.length - change.drop)),
    ...change.behind.map(write),
  ];
  const tensors = [
    ...tables(flat.tables(graph.field(0), 20_000)),
    ...change.added.map((tensor) => writeTensor(builder, tensor, 0)),
  ];
  const codeTables = [...tables(codes), ...fresh.map((one) => writeCode(builder, one))];
  const parts = {
    tensors: vector(builder, 'offset', tensors),
    inputs: vector(builder, 'int', change.inputs),
    outputs: vector(builder, 'int', change.outputs),
    operators: vector(builder, 'offset', operators),
    name: builder.createString('main'),
  };
  const subgraph = table(builder, [
    [0, 'offset', parts.tensors],
    [1, 'offset', parts.inputs],
    [2, 'offset', parts.outputs],
    [3, 'offset', parts.operators],
    [4, 'offset', parts.name],
  ]);
  const codeVector = vector(builder, 'offset', codeTables);
  const subgraphs = vector(builder, 'offset', [subgraph]);
  const model = table(builder, [
    [0, 'int', 3],
    [1, 'offset', codeVector],
    [2, 'offset', subgraphs],
    [4, 'offset', behindField(root.field(4))],
  ]);
  builder.finish(model, identifier);
  return builder.asUint8Array();
}
