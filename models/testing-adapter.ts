// models: an adapter that misbehaves on demand, for the tests of the runtime that is a process. It doubles what it gets.
// Its argument says how: "noisy" prints everywhere, "crashes" ends at its second run, "lies" answers out of bounds. Tests only.
import { createWriteStream } from 'node:fs';
import { type Answer, answersFd, type Frame, FrameReader, frame, type Request } from './adapter-frames.ts';

const how = process.argv[2];
const answers = createWriteStream('', { fd: answersFd });
const edges = [{ name: 'x', shape: [1, 3], type: 'float32' as const }];
let runs = 0;

function serve({ header, bytes }: Frame<Request>): void {
  if (how === 'noisy') process.stdout.write('INFO: something native\n');
  if (header.op === 'close') return;
  let parts: Uint8Array[] = [];
  let answer: Answer = { ok: true, inputs: edges, outputs: edges };
  if (header.op === 'load' && bytes.length === 0) answer = { ok: false, what: 'it is empty' };
  if (header.op === 'run') {
    if (how === 'lies') {
      answers.write(Buffer.alloc(64, 255));
      return;
    }
    if (how === 'crashes' && ++runs === 2) process.kill(process.pid, 'SIGSEGV');
    const doubled = new Float32Array(bytes.slice().buffer).map((value) => value * 2);
    parts = [new Uint8Array(doubled.buffer)];
  }
  for (const part of frame(answer, parts)) answers.write(part);
}

const reader = new FrameReader<Request>(serve);
process.stdin.on('data', (piece: Buffer) => reader.push(piece));
