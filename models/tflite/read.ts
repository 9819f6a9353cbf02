// models/tflite: what a .tflite file is made of. In: bytes, untrusted. Out: tensors, operators, edges, metadata blobs.
// Never: an index that names nothing, more than the bounds below, an operator's inner workings.
import { KerbError, oneLine } from '../../contract/errors.ts';
import { Flat, FlatFault, type Table } from './flat.ts';
import { type ElementType, elementTypes, identifier, operator } from './schema.ts';

export interface Quantisation {
  readonly scale: readonly number[];
  readonly zero: readonly number[];
}

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** null for a kind that has no name here */
  readonly type: ElementType | null;
  readonly quantisation: Quantisation | null;
  /** of a constant: its bytes, a view */
  readonly data: Uint8Array | null;
}

export interface Operator {
  /** BuiltinOperator; for a custom one its name is in `custom` */
  readonly code: number;
  readonly custom: string | null;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly customOptions: Uint8Array | null;
}

/** The first subgraph of a model. */
export interface Model {
  readonly bytes: Uint8Array;
  readonly description: string;
  readonly subgraphs: number;
  readonly tensors: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** named blobs: TFLITE_METADATA, min_runtime_version, ... */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

export const maxModelBytes = 512 << 20;
const most = { tensors: 20_000, operators: 20_000, codes: 1000, edges: 64, rank: 8, channels: 65_536, subgraphs: 64 };

/** @param where the file's name for errors @throws KerbError MODEL_UNREADABLE */
export function readTflite(bytes: Uint8Array, where: string): Model {
  try {
    if (bytes.length > maxModelBytes) throw new FlatFault(`it has ${bytes.length} bytes, more than ${maxModelBytes}`);
    return read(new Flat(bytes));
  } catch (error) {
    if (!(error instanceof FlatFault)) throw error;
    const remedy = 'give a whole TensorFlow Lite file (.tflite)';
    throw new KerbError('MODEL_UNREADABLE', `is not a .tflite model: ${oneLine(error)}`, where, remedy);
  }
}

function read(flat: Flat): Model {
  const root = flat.root(identifier);
  const graphs = flat.tables(root.field(2), most.subgraphs);
  const graph = graphs[0];
  if (!graph) throw new FlatFault('it holds no graph');
  const buffers = flat.tables(root.field(4), most.tensors * 2);
  const codes = flat.tables(root.field(1), most.codes).map((code) => readCode(flat, code));
  const tensors = flat.tables(graph.field(0), most.tensors).map((tensor) => readTensor(flat, tensor, buffers));
  const named = (list: number[]) => {
    if (list.some((i) => i < -1 || i >= tensors.length)) throw new FlatFault('it names a tensor that it has not');
    return list;
  };
  const operators = flat.tables(graph.field(3), most.operators).map((one): Operator => {
    const code = codes[flat.int(one.field(0))];
    if (!code) throw new FlatFault('it names an operator that it has not');
    const options = flat.vector(one.field(5), 1, 1 << 20);
    return {
      ...code,
      inputs: named(flat.ints(one.field(1), 1024)),
      outputs: named(flat.ints(one.field(2), 1024)),
      customOptions: options.length > 0 ? flat.bytes.subarray(options.at, options.at + options.length) : null,
    };
  });
  const metadata = new Map<string, Uint8Array>();
  for (const entry of flat.tables(root.field(6), 64)) {
    const data = readBuffer(flat, buffers[flat.int(entry.field(1))]);
    if (data) metadata.set(flat.text(entry.field(0), 200), data);
  }
  const edges = (slot: number) => {
    const list = named(flat.ints(graph.field(slot), most.edges));
    if (list.length === 0 || list.includes(-1)) throw new FlatFault('it has no inputs or no outputs');
    return list;
  };
  const description = flat.text(root.field(3), 10_000).slice(0, 300);
  const inputs = edges(1);
  const outputs = edges(2);
  return { bytes: flat.bytes, description, subgraphs: graphs.length, tensors, operators, inputs, outputs, metadata };
}

function readCode(flat: Flat, code: Table): { code: number; custom: string | null } {
  // The byte came first and holds up to 127; the int that followed holds all.
  const number = Math.max(flat.byte(code.field(0)), flat.int(code.field(3)));
  return { code: number, custom: number === operator.custom ? flat.text(code.field(1), 300) : null };
}

function readTensor(flat: Flat, tensor: Table, buffers: readonly Table[]): Tensor {
  const shape = flat.ints(tensor.field(0), most.rank);
  const quantisation = flat.child(tensor.field(4));
  const scale = quantisation ? flat.floats(quantisation.field(2), most.channels) : [];
  const zero = quantisation ? flat.longs(quantisation.field(3), most.channels) : [];
  return {
    name: flat.text(tensor.field(3)).slice(0, 300),
    shape,
    type: elementTypes[flat.byte(tensor.field(1))] ?? null,
    quantisation: scale.length > 0 ? { scale, zero } : null,
    data: readBuffer(flat, buffers[flat.int(tensor.field(2))]),
  };
}

function readBuffer(flat: Flat, buffer: Table | undefined): Uint8Array | null {
  if (!buffer) throw new FlatFault('it names a buffer that it has not');
  const { at, length } = flat.vector(buffer.field(0), 1, maxModelBytes);
  return length > 0 ? flat.bytes.subarray(at, at + length) : null;
}

/** Numbers of a constant as they are meant. @returns null where they are not numbers */
export function realNumbers(tensor: Tensor): Float64Array | null {
  const { data, type, quantisation } = tensor;
  if (!data) return null;
  const copy = data.slice();
  const stored =
    type === 'float32'
      ? new Float32Array(copy.buffer, 0, copy.length >> 2)
      : type === 'uint8'
        ? copy
        : type === 'int8'
          ? new Int8Array(copy.buffer)
          : null;
  if (!stored) return null;
  if (type === 'float32') return Float64Array.from(stored);
  if (quantisation?.scale.length !== 1) return null;
  const [scale = 1] = quantisation.scale;
  const [zero = 0] = quantisation.zero;
  return Float64Array.from(stored, (value) => (value - zero) * scale);
}
