// models: the program around the native addon: scripts/node24 models/native-adapter.ts ADDON
// In: requests on standard input. Out: answers on file descriptor 3. Ends with its input. Never: started by a person.
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { type Answer, answersFd, type Frame, FrameReader, frame, type Request } from './adapter-frames.ts';
import type { Edge, EdgeType, Values } from './runtime.ts';

/** What the addon offers, as far as it is used. */
interface NativeTensor {
  readonly dataType: string;
  /** sides, separated by commas */
  readonly shape: string;
  readonly name: string;
  /** its own memory, copied in before a run and out after it */
  data(): Values;
}
interface Interpreter {
  getInputs(): NativeTensor[];
  getOutputs(): NativeTensor[];
  infer(): boolean;
}
interface Addon {
  readonly Interpreter: new (model: ArrayBuffer, options: { threads: number }) => Interpreter;
}

const addon = createRequire(import.meta.url)(process.argv[2] ?? '') as Addon;
const sessions = new Map<number, Interpreter>();
const answers = createWriteStream('', { fd: answersFd });

function edge({ dataType, shape, name }: NativeTensor): Edge {
  return { name, shape: shape === '' ? [] : shape.split(',').map(Number), type: dataType as EdgeType };
}

const bytesOf = (values: Values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function load(session: number, bytes: Uint8Array): Answer {
  // One thread: the pool has a process for each look side by side.
  const interpreter = new addon.Interpreter(bytes.buffer as ArrayBuffer, { threads: 1 });
  sessions.set(session, interpreter);
  return { ok: true, inputs: interpreter.getInputs().map(edge), outputs: interpreter.getOutputs().map(edge) };
}

function run(session: number, bytes: Uint8Array): Uint8Array[] {
  const interpreter = sessions.get(session);
  if (!interpreter) throw new Error('no such session');
  let at = 0;
  for (const input of interpreter.getInputs()) {
    const target = bytesOf(input.data());
    if (at + target.length > bytes.length) throw new Error('inputs of another size');
    target.set(bytes.subarray(at, at + target.length));
    at += target.length;
  }
  if (!interpreter.infer()) throw new Error('it gave no reason');
  return interpreter.getOutputs().map((output) => bytesOf(output.data()));
}

function serve({ header, bytes }: Frame<Request>): void {
  let answer: Answer = { ok: true };
  let parts: Uint8Array[] = [];
  try {
    if (header.op === 'close') {
      sessions.delete(header.session);
      return;
    }
    if (header.op === 'load') answer = load(header.session, bytes);
    else parts = run(header.session, bytes);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    answer = { ok: false, what: what.replace(/\s+/g, ' ').slice(0, 300) };
  }
  for (const part of frame(answer, parts)) answers.write(part);
}

const reader = new FrameReader<Request>(serve);
process.stdin.on('data', (piece: Buffer) => reader.push(piece));
