// drivers/can: slcan lines, noise, and an adapter behind a real pty that is killed and comes back.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type ByteListener, openSerial } from '../serial/index.ts';
import { SlcanParser } from './slcan-parser.ts';
import { SlcanSource } from './slcan-source.ts';
import { RUNS } from './testing.ts';
import { badTotal, type CanFrame } from './types.ts';

function parsed(text: string): { frames: CanFrame[]; parser: SlcanParser } {
  const frames: CanFrame[] = [];
  const parser = new SlcanParser((frame) => frames.push(frame), 'slcan0');
  parser.push(Buffer.from(text, 'latin1'), 1000);
  return { frames, parser };
}

test('frames of all kinds, the adapter’s own clock passed over', (t) => {
  const { frames, parser } = parsed(
    't1232AABB\rT18FEF100800112233445566771234\rr1234\rR18FEF1000\rd12391122334455667788990A0B0C\r',
  );
  t.deepEqual(
    frames.map((frame) => [
      frame.id,
      frame.extended,
      Buffer.from(frame.data).toString('hex'),
      frame.time,
      frame.channel,
    ]),
    [
      [0x123, false, 'aabb', 1000, 'slcan0'],
      [0x18fef100, true, '0011223344556677', 1000, 'slcan0'],
      [0x123, false, '1122334455667788990a0b0c', 1000, 'slcan0'],
    ],
  );
  t.is(parser.counters.remote, 2);
  t.is(parser.counters.fd, 1);
  t.is(badTotal(parser.counters), 0);
});

test('answers and refusals are no frames; what is wrong is counted by kind', (t) => {
  const { frames, parser } = parsed(
    '\r\x07V1013\rz\rZ\rF00\r\n\x07\x07t1230\rt12\rtXYZ0\rT3FFFFFFF0\rt1239\rt1231A\rt1231GG\r?\r',
  );
  t.is(frames.length, 1);
  t.is(parser.refusals, 3);
  t.deepEqual(parser.counters.bad, { time: 0, id: 2, length: 3, data: 1, format: 1, long: 0 });
});

test('noise is never an exception, and a megabyte without an end is one long line', (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.stringMatching(/^[tTrRdDbB0-9A-F\r]{0,40}$/)),
        { maxLength: 4 },
      ),
      (pieces) => {
        const { frames, parser } = parsed(pieces.join(''));
        return frames.length === parser.counters.frames && frames.every(({ data }) => data.length <= 64);
      },
    ),
    { numRuns: RUNS },
  );
  const { parser } = parsed('t'.repeat(1_000_000));
  t.is(parser.counters.bad.long, 1);
});

/** What a source told, and a way to wait for more. */
class Ear {
  frames: CanFrame[] = [];
  events: string[] = [];
  #wake: (() => void) | undefined;
  frame(frame: CanFrame): void {
    this.frames.push(frame);
    this.#wake?.();
  }
  lost({ code }: { code: string }): void {
    this.events.push(code);
    this.#wake?.();
  }
  back(): void {
    this.events.push('back');
    this.#wake?.();
  }
  ended(): void {
    this.events.push('ended');
  }
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => (this.#wake = wake));
  }
}

async function ptys(t: ExecutionContext, ours: string, adapter: string): Promise<void> {
  const child = spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${adapter}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise<void>((there, gone) => {
    let said = '';
    child.on('exit', () => gone(new Error(`socat: ${said}`)));
    child.stderr!.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('starting data transfer loop')) there();
    });
  });
}

async function commands(adapter: FileHandle, length: number): Promise<string> {
  let text = '';
  const buffer = Buffer.alloc(64);
  while (text.length < length) {
    const { bytesRead } = await adapter.read(buffer, 0, 64, null);
    if (bytesRead === 0) throw new Error('the pty is gone');
    text += buffer.toString('latin1', 0, bytesRead);
  }
  return text;
}

test('a real pty: only listen-only commands go out, frames come in', async (t) => {
  t.timeout(60_000);
  const dir = mkdtempSync(join(tmpdir(), 'kerb-slcan-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const ours = join(dir, 'ours');
  const theirs = join(dir, 'adapter');
  await ptys(t, ours, theirs);
  const adapter = await open(theirs, 'r+');
  const ear = new Ear();
  const source = new SlcanSource(openSerial({ path: ours, baud: 115_200, now: () => 42 }), { channel: 'can0' });
  source.start(ear);
  t.is(await commands(adapter, 7), 'C\rS5\rL\r');

  const lines = Array.from({ length: 2000 }, (_, i) => `T18FEF1008${i.toString(16).padStart(16, '0').toUpperCase()}\r`);
  await adapter.write(`garbage\x07${lines.slice(0, 1000).join('')}`);
  await ear.until(() => ear.frames.length === 999);
  await adapter.write(lines.slice(1000).join(''));
  await ear.until(() => ear.frames.length === 1999);
  t.is(source.counters.bad.format, 1, 'the garbage took the line it touched');
  t.deepEqual(
    ear.frames.map((frame) => Number(Buffer.from(frame.data).readBigUInt64BE())),
    Array.from({ length: 1999 }, (_, i) => i + 1),
  );
  t.is(ear.frames[0]!.time, 42);

  await source.stop();
  t.is(await commands(adapter, 2), 'C\r');
  await adapter.close();
});

test('a port that goes and comes: told once each, set up again, half a line from before is forgotten', async (t) => {
  let port!: ByteListener;
  let written = '';
  const source = new SlcanSource(
    {
      recorded: false,
      open: (listener) => {
        port = listener;
      },
      write: (bytes) => {
        written += Buffer.from(bytes).toString('latin1');
      },
      close: async () => {},
    },
    { bitRate: 500_000 },
  );
  const ear = new Ear();
  source.start(ear);
  port.ready();
  port.bytes(Buffer.from('T18FEF10080011'), 1);
  port.lost({ code: 'SERIAL_CLOSED', message: 'gone' });
  port.ready();
  port.bytes(Buffer.from('t1231AB\r'), 2);
  t.deepEqual(ear.events, ['CAN_PORT', 'back']);
  t.deepEqual(
    ear.frames.map(({ id, time }) => [id, time]),
    [[0x123, 2]],
  );
  t.is(written, 'C\rS6\rL\rC\rS6\rL\r');
  await source.stop();
  port.lost({ code: 'SERIAL_CLOSED', message: 'gone' });
  port.bytes(Buffer.from('t1231AB\r'), 3);
  t.is(ear.frames.length, 1);
  t.is(ear.events.length, 2, 'a stopped source says nothing more');
});

test('a bit rate that slcan does not know is refused', (t) => {
  const port = openSerial({ path: '/nowhere', baud: 115_200, now: () => 0 });
  t.like(
    t.throws(() => new SlcanSource(port, { bitRate: 33_333 })),
    { code: 'CAN_BIT_RATE' },
  );
});
