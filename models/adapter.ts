// models: a runtime that is a process of its own: a native library that may crash, or a box's accelerator behind its own
// software. In: the program. Out: a Runtime. Never: its crash ours, its noise on our output, an answer without an end
// (the owner's deadline replaces this thread, and the process ends with its input).
import { type ChildProcess, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { KerbError, oneLine } from '../contract/errors.ts';
import { type Answer, answersFd, type Frame, FrameReader, frame, type Request } from './adapter-frames.ts';
import { type Edge, lengthOf, type Runtime, type Session, type Values, valuesFor } from './runtime.ts';

export interface AdapterProgram {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Waiting {
  readonly resolve: (frame: Frame<Answer>) => void;
  readonly reject: (error: Error) => void;
}

const maxNoise = 2000;
const edgeTypes = ['float32', 'uint8', 'int8', 'int32'];

/** Starts the program. @throws KerbError RUNTIME_BROKEN */
export async function startAdapter(program: AdapterProgram): Promise<Runtime> {
  await access(program.command).catch(() => {
    throw broken(program.name, `there is no ${program.command}`);
  });
  const child = spawn(program.command, program.args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const adapter = new Adapter(program.name, child);
  if (child.pid === undefined) throw broken(program.name, await adapter.ended);
  const { ended } = adapter;
  return { name: program.name, pid: child.pid, ended, load: (bytes, where) => adapter.load(bytes, where) };
}

class Adapter {
  readonly ended: Promise<string>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  #noise = '';
  #end: string | undefined;
  #next = 1;

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    const reader = new FrameReader<Answer>((frame) => this.#waiting.shift()?.resolve(frame));
    const answers = child.stdio[answersFd] as Readable;
    answers.on('data', (piece: Buffer) => {
      try {
        reader.push(piece);
      } catch (error) {
        this.#noise = oneLine(error);
        child.kill('SIGKILL');
      }
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#noise = (this.#noise + text).slice(-maxNoise);
      });
    }
    child.stdin?.on('error', () => {}); // its end says why
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(this.#over(oneLine(error))));
      child.once('close', (code, signal) => resolve(this.#over(`ended with ${signal ?? `status ${code}`}`)));
    });
  }

  async load(bytes: Uint8Array, where: string): Promise<Session> {
    const session = this.#next++;
    const { header } = await this.#ask({ op: 'load', session }, [bytes]);
    if (!header.ok) {
      throw new KerbError(
        'MODEL_UNREADABLE',
        `is not a model that ${this.#name} can run: ${header.what}`,
        where,
        'try another runtime, or give another model',
      );
    }
    const [inputs, outputs] = [checked(header.inputs), checked(header.outputs)];
    if (!inputs || !outputs) throw broken(this.#name, 'it described a model in an unknown way');
    return {
      inputs,
      outputs,
      run: (values) => this.#run(session, outputs, values, where),
      close: () => this.#send({ op: 'close', session }, []),
    };
  }

  async #run(session: number, outputs: readonly Edge[], values: readonly Values[], where: string): Promise<Values[]> {
    const fault = (what: string) =>
      new KerbError('MODEL_RUN', `does not run in ${this.#name}: ${what}`, where, 'try another runtime');
    const parts = values.map((one) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength));
    const { header, bytes } = await this.#ask({ op: 'run', session }, parts).catch((error: unknown) => {
      throw fault(oneLine(error));
    });
    if (!header.ok) throw fault(header.what);
    let at = 0;
    const results = outputs.map((edge) => {
      const result = valuesFor(edge);
      const size = result.byteLength;
      const view = new Uint8Array(result.buffer);
      view.set(bytes.subarray(at, at + size));
      at += size;
      return result;
    });
    if (at !== bytes.length) throw fault(`it gave ${bytes.length} bytes, ${at} were expected`);
    return results;
  }

  #ask(request: Request, parts: readonly Uint8Array[]): Promise<Frame<Answer>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(broken(this.#name, this.#end));
      this.#waiting.push({ resolve, reject });
      this.#send(request, parts);
    });
  }

  #send(request: Request, parts: readonly Uint8Array[]): void {
    if (this.#end !== undefined) return;
    for (const part of frame(request, parts)) this.#child.stdin?.write(part);
  }

  #over(how: string): string {
    const words = this.#noise.trim().split('\n').at(-1);
    this.#end = words ? `its process ${how}: ${words}` : `its process ${how}`;
    for (const { reject } of this.#waiting.splice(0)) reject(broken(this.#name, this.#end));
    return this.#end;
  }
}

function checked(edges: readonly Edge[] | undefined): readonly Edge[] | null {
  const fits = (edge: Edge) =>
    typeof edge.name === 'string' &&
    Array.isArray(edge.shape) &&
    edge.shape.every((side) => Number.isInteger(side) && side >= 0 && side <= 1 << 24) &&
    lengthOf(edge.shape) <= 1 << 27 &&
    edgeTypes.includes(edge.type);
  return Array.isArray(edges) && edges.length <= 64 && edges.every(fits) ? edges : null;
}

function broken(name: string, what: string): KerbError {
  return new KerbError('RUNTIME_BROKEN', what, `inference runtime ${name}`, 'use another runtime, e.g. wasm');
}
