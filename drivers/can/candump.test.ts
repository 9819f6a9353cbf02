// drivers/can: candump logs of both forms, plain and gzip, whole, torn, long and of noise.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { CandumpParser } from './candump-parser.ts';
import { CandumpSource, readCandump } from './candump-source.ts';
import { framesOf, RUNS } from './testing.ts';
import { badTotal, type CanFrame } from './types.ts';

function fileOf(t: ExecutionContext, name: string, content: Uint8Array | string): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-can-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const hex = (frame: CanFrame | undefined): string => Buffer.from(frame?.data ?? []).toString('hex');

test('the log form: time to the microsecond, both identifier widths, empty data', (t) => {
  const { frames, counters } = framesOf(
    '(1436509052.249713) can0 18FEF100#0011223344556677\n(1436509053.000001) vcan1 7DF#0201\r\n(1.5) can0 123#\n',
  );
  t.is(counters.frames, 3);
  t.is(badTotal(counters), 0);
  t.deepEqual(
    { ...frames[0]!, data: hex(frames[0]) },
    {
      time: 1436509052249.713,
      id: 0x18fef100,
      extended: true,
      data: '0011223344556677',
      channel: 'can0',
    },
  );
  t.is(frames[1]!.id, 0x7df);
  t.false(frames[1]!.extended);
  t.is(frames[1]!.channel, 'vcan1');
  t.is(frames[2]!.time, 1500);
  t.is(frames[2]!.data.length, 0);
});

test('the screen form, with and without time, direction and ASCII column', (t) => {
  const { frames, counters } = framesOf(
    [
      '  can0  18FEF100   [8]  00 11 22 33 44 55 66 77',
      " (0000000010.250000)  can0  7DF   [2]  02 01   '..'",
      ' (11.000000)  can0  RX - -  123   [1]  AB',
      ' (2026-01-31 23:59:59.500000)  can0  TX B -  123  [12]  00 01 02 03 04 05 06 07 08 09 0A 0B',
      '  can0  123   [4]  remote request',
      '  can0  20000088   [8]  00 00 00 19 00 00 00 00   ERRORFRAME',
    ].join('\n'),
  );
  t.is(badTotal(counters), 0);
  t.deepEqual(
    frames.map((frame) => [frame.time, frame.id, hex(frame)]),
    [
      [0, 0x18fef100, '0011223344556677'],
      [10250, 0x7df, '0201'],
      [11000, 0x123, 'ab'],
      [Date.UTC(2026, 0, 31, 23, 59, 59, 500), 0x123, '000102030405060708090a0b'],
    ],
  );
  t.is(counters.remote, 1);
  t.is(counters.error, 1);
  t.is(counters.fd, 1);
});

test('CAN FD is handed out; remote and error frames are counted', (t) => {
  const { frames, counters } = framesOf(
    `(1.0) can0 123##1${'AB'.repeat(64)}\n(1.0) can0 123#R\n(1.0) can0 123#R8\n(1.0) can0 20000004#0004000000000000\n(1.0) can0 123##0${'AB'.repeat(65)}\n`,
  );
  t.is(frames.length, 1);
  t.is(frames[0]!.data.length, 64);
  t.is(counters.fd, 1);
  t.is(counters.remote, 2);
  t.is(counters.error, 1);
  t.is(counters.bad.length, 1);
});

test('what is wrong with a line is counted by kind, and the next line is whole', (t) => {
  const { frames, counters } = framesOf(
    [
      '(x.1) can0 123#00',
      '(1.0) can0 12#00',
      '(1.0) can0 F23#00',
      '(1.0) can0 123#001122334455667788',
      '(1.0) can0 123#0',
      '(1.0) can0 123#0G',
      '(1.0) can0',
      'nonsense',
      '\0\u0001\u00ff\u00fe',
      '  can0  123   [8]  00 11',
      '(1.0) can0 123#00(2.0) can0 124#11',
      '(3.0) can0 125#22',
    ].join('\n'),
  );
  t.deepEqual(
    frames.map((frame) => frame.id),
    [0x125],
  );
  t.deepEqual(counters.bad, { time: 1, id: 2, length: 2, data: 3, format: 3, long: 0 });
});

test('ten megabytes without a newline are one long line and no memory', (t) => {
  const parser = new CandumpParser(() => t.fail());
  const piece = Buffer.alloc(65536, 0x41);
  for (let i = 0; i < 160; i++) parser.push(piece);
  parser.push(Buffer.from('\n'));
  parser.end();
  t.is(parser.counters.bad.long, 1);
});

test('how a log is cut into pieces does not matter', (t) => {
  const text = Buffer.from(
    '(1.000001) can0 18FEF100#0011223344556677\n(2.5) can1 7DF#02\n  can0  123   [2]  00 11\nrubbish\n(3.0) can0 1#\n',
  );
  const whole = framesOf(text.toString('latin1'));
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const frames: CanFrame[] = [];
      const parser = new CandumpParser((frame) => frames.push(frame));
      let from = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
        parser.push(text.subarray(from, cut));
        from = cut;
      }
      parser.end();
      t.deepEqual(parser.counters, whole.counters);
      t.deepEqual(frames, whole.frames);
    }),
    { numRuns: 500 },
  );
});

test('noise of any kind is never an exception, and each line ends in one count', (t) => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.stringMatching(/^[()#.[\]0-9A-FR can\n]{0,60}$/),
    fc.constant('(1436509052.249713) can0 18FEF100#0011223344556677\n'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const text = pieces.join('');
      const { frames, counters } = framesOf(text);
      if (frames.length !== counters.frames) return false;
      const lines = Buffer.from(text, 'latin1').toString('latin1').split('\n').length;
      return counters.frames + counters.remote + counters.error + badTotal(counters) <= lines;
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test('a frame that was handed out is never written again', (t) => {
  const { frames } = framesOf(
    Array.from({ length: 5000 }, (_, i) => `(1.0) can0 123#${(i % 65536).toString(16).padStart(4, '0')}`).join('\n'),
  );
  t.true(frames.every((frame, i) => hex(frame) === (i % 65536).toString(16).padStart(4, '0')));
});

test('a file, plain or gzip whatever its name, is a source that ends', async (t) => {
  const text = '(1.0) can0 123#00\n(2.0) can0 124#11\n';
  for (const content of [text, gzipSync(text)]) {
    const source = new CandumpSource(fileOf(t, 'log', content));
    const ids: number[] = [];
    await new Promise<void>((ended) => {
      source.start({
        frame: ({ id }) => ids.push(id),
        lost: (loss) => t.fail(loss.message),
        back: () => t.fail(),
        ended,
      });
    });
    t.deepEqual(ids, [0x123, 0x124]);
    t.is(source.counters.frames, 2);
    await source.stop();
  }
});

test('a missing file and a broken gzip are named, frames before the break are handed out', async (t) => {
  const missing = await t.throwsAsync(readCandump('/nowhere/at/all', () => {}));
  t.like(missing, { code: 'CAN_UNREADABLE', where: '/nowhere/at/all' });
  const text = Array.from(
    { length: 200_000 },
    (_, i) => `(${i}.0) can0 123#${(i * 7919).toString(16).padStart(8, '0').slice(-8)}\n`,
  );
  const whole = gzipSync(text.join(''));
  const path = fileOf(t, 'log.gz', whole.subarray(0, whole.length >> 1));
  let frames = 0;
  const broken = await t.throwsAsync(readCandump(path, () => void frames++));
  t.like(broken, { code: 'CAN_UNREADABLE', where: path });
  t.true(frames > 1000);
  const loss = await new Promise<string>((lost) => {
    new CandumpSource(path).start({
      frame: () => {},
      lost: ({ code }) => lost(code),
      back: () => {},
      ended: () => lost(''),
    });
  });
  t.is(loss, 'CAN_UNREADABLE');
});
