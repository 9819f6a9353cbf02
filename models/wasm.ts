// models: the WebAssembly runtime (LiteRT, XNNPACK kernels), the only file that knows it. In: .tflite bytes. Out: sessions.
// Never: its console noise on ours, a tensor left in its memory, or a fault that it merely printed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as litert from '@litertjs/core';
import { KerbError, oneLine } from '../contract/errors.ts';
import { type Edge, type EdgeType, lengthOf, type Runtime, type Session, type Values, valuesFor } from './runtime.ts';
import { editTflite } from './tflite/edit.ts';
import { readTflite } from './tflite/read.ts';

/** What the library printed last; it tells of some faults nowhere else. */
const printed: string[] = [];
const maxPrinted = 20;
const maxInputBytes = 256 << 20;
const quiet = Object.fromEntries(
  (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((level) => [
    level,
    (...words: unknown[]) => {
      printed.push(words.map(String).join(' ').slice(0, 300));
      if (printed.length > maxPrinted) printed.shift();
    },
  ]),
);
let loading: Promise<Runtime> | undefined;

/** The runtime of this thread; loaded once. @throws KerbError RUNTIME_BROKEN */
export function wasmRuntime(): Promise<Runtime> {
  loading ??= start().catch((error: unknown) => {
    loading = undefined;
    const remedy = 'run `npm run setup`; the processor must have SIMD';
    throw new KerbError('RUNTIME_BROKEN', oneLine(error), 'inference runtime', remedy, { cause: error });
  });
  return loading;
}

async function start(): Promise<Runtime> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@litertjs/core')), '..', 'wasm');
  // It is written for browser workers: give it `self`, and an importScripts that evaluates its loader as CommonJS with a
  // console of its own.
  const scope = globalThis as Record<string, unknown>;
  scope['self'] = globalThis;
  scope['importScripts'] = (path: string) => {
    const code = `${readFileSync(path, 'utf8')};globalThis.ModuleFactory = ModuleFactory;`;
    new Function('require', '__filename', '__dirname', 'console', code)(require, path, folder, quiet);
  };
  // Asked for WebGPU at load, Node has none and the library would warn about it each time.
  const warn = console.warn;
  console.warn = quiet['warn']!;
  try {
    await litert.loadLiteRt(folder);
  } finally {
    console.warn = warn;
    delete scope['importScripts'];
  }
  return { name: 'wasm', load };
}

async function load(bytes: Uint8Array, where: string): Promise<Session> {
  printed.length = 0;
  const fitting = withoutInt8Edges(bytes, where);
  try {
    const model = await litert.loadAndCompile(fitting, { accelerator: 'wasm' });
    return new WasmSession(model, where);
  } catch (error) {
    const remedy = 'delete it and run `npm run setup`, or give another model';
    throw new KerbError('MODEL_UNREADABLE', `is not a model that can run: ${reason(error)}`, where, remedy);
  }
}

/** The library takes and gives no int8: such edges become floats, converted inside the graph. */
function withoutInt8Edges(bytes: Uint8Array, where: string): Uint8Array {
  const model = readTflite(bytes, where);
  const int8 = [...model.inputs, ...model.outputs].some((index) => model.tensors[index]!.type === 'int8');
  return int8 ? editTflite(model, { floatEdges: true }, where) : bytes;
}

const edgeTypes: readonly string[] = ['float32', 'uint8', 'int32'] satisfies EdgeType[];

class WasmSession implements Session {
  readonly inputs: readonly Edge[];
  readonly outputs: readonly Edge[];
  readonly #model: litert.CompiledModel;
  readonly #where: string;
  readonly #tensors: litert.Tensor[];

  constructor(model: litert.CompiledModel, where: string) {
    this.#model = model;
    this.#where = where;
    const details = [...model.getInputDetails(), ...model.getOutputDetails()];
    const odd = details.find((detail) => !edgeTypes.includes(detail.dtype));
    if (odd) throw new Error(`${odd.name} is ${odd.dtype}`);
    const edge = ({ name, shape, dtype }: (typeof details)[number]): Edge => ({
      name,
      shape: [...shape],
      type: dtype as EdgeType,
    });
    this.inputs = model.getInputDetails().map(edge);
    this.outputs = model.getOutputDetails().map(edge);
    const bytes = this.inputs.reduce((sum, { shape }) => sum + lengthOf(shape) * 4, 0);
    if (bytes > maxInputBytes) throw new Error(`its inputs take ${bytes} bytes`);
    this.#tensors = this.inputs.map((input) => new litert.Tensor(valuesFor(input) as Float32Array, [...input.shape]));
  }

  async run(inputs: readonly Values[]): Promise<Values[]> {
    printed.length = 0;
    let results: litert.Tensor[] = [];
    try {
      for (const [i, tensor] of this.#tensors.entries()) fill(tensor, inputs[i]);
      results = await this.#model.run(this.#tensors);
      const fault = printed.find((line) => /error|fail/i.test(line));
      if (fault !== undefined) throw new Error(fault);
      return results.map((tensor) => tensor.toTypedArray() as Values);
    } catch (error) {
      throw new KerbError('MODEL_RUN', `does not run: ${reason(error)}`, this.#where, 'give another model');
    } finally {
      for (const tensor of results) tensor.delete();
    }
  }

  close(): void {
    for (const tensor of this.#tensors) tensor.delete();
    this.#model.delete();
  }
}

/** Writes into a tensor that stays in the library's memory: making one per look would cost a copy more. */
function fill(tensor: litert.Tensor, values: Values | undefined): void {
  const wasm = litert.getGlobalLiteRt().liteRtWasm;
  const buffer = tensor.liteRtTensorBuffer;
  if (!values || values.byteLength !== buffer.packedSize()) throw new Error('input of another size');
  const at = buffer.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
  try {
    wasm.HEAPU8.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  } finally {
    buffer.unlock();
  }
}

function reason(error: unknown): string {
  const hints = printed
    .filter((line) => /error|fail|invalid/i.test(line) && !/[ng]pu/i.test(line))
    .map((line) => line.trim());
  return oneLine([oneLine(error), ...new Set(hints)].join('; ')).slice(0, 200);
}
