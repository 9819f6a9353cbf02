import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { KerbError } from '../contract/errors.ts';
import { startAdapter } from './adapter.ts';
import { FrameReader, frame } from './adapter-frames.ts';
import { readPicture } from './image.ts';
import { createLooker } from './pool.ts';
import { cacheDir, defaultCard } from './testing.ts';

const program = fileURLToPath(new URL('./testing-adapter.ts', import.meta.url));
const start = async (t: ExecutionContext, how: string) => {
  const runtime = await startAdapter({ name: 'test', command: process.execPath, args: [program, how] });
  t.teardown(() => {
    try {
      process.kill(runtime.pid!, 'SIGKILL');
    } catch {
      // it has ended
    }
  });
  return runtime;
};
const model = Buffer.from('model');
const input = Float32Array.of(1, 2, 3);

/** Processes around the native addon that this one has started and that still are. */
function adapters(): number {
  const mine = readdirSync('/proc').filter((pid) => {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
      return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('native-adapter');
    } catch {
      return false; // it has just ended, or is no process
    }
  });
  return mine.length;
}

test('frames come through whole, however the stream is cut', (t) => {
  const bytes = Buffer.concat([
    ...frame({ ok: true }, [Buffer.from('abc'), Buffer.from('de')]),
    ...frame({ ok: false, what: 'no' }),
  ]);
  for (const size of [1, 3, 10, bytes.length]) {
    const got: string[] = [];
    const reader = new FrameReader<object>((one) =>
      got.push(`${JSON.stringify(one.header)} ${Buffer.from(one.bytes)}`),
    );
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    t.deepEqual(got, ['{"ok":true} abcde', '{"ok":false,"what":"no"} ']);
  }
  t.throws(() => new FrameReader(() => {}).push(Buffer.alloc(8, 255)), { message: /bounds/ });
});

test('a process that prints everywhere answers all the same, several sessions in turn', async (t) => {
  const runtime = await start(t, 'noisy');
  const [a, b] = [await runtime.load(model, 'a'), await runtime.load(model, 'b')];
  const [first, second] = await Promise.all([a.run([input]), b.run([Float32Array.of(5, 6, 7)])]);
  t.deepEqual(
    [[...first[0]!], [...second[0]!]],
    [
      [2, 4, 6],
      [10, 12, 14],
    ],
  );
  a.close();
  t.deepEqual([...(await b.run([input]))[0]!], [2, 4, 6]);
  await t.throwsAsync(runtime.load(new Uint8Array(), 'c'), { instanceOf: KerbError, message: /it is empty/ });
});

test('a process that crashes costs its run, and is named', async (t) => {
  const runtime = await start(t, 'crashes');
  const session = await runtime.load(model, 'm');
  await session.run([input]);
  const error = await t.throwsAsync(session.run([input]), { instanceOf: KerbError });
  t.is((error as KerbError).code, 'MODEL_RUN');
  t.regex(error!.message, /SIGSEGV/);
  await t.throwsAsync(session.run([input]), { instanceOf: KerbError });
  await runtime.ended;
});

test('a process whose answers are out of bounds is ended', async (t) => {
  const runtime = await start(t, 'lies');
  const session = await runtime.load(model, 'm');
  await t.throwsAsync(session.run([input]), { instanceOf: KerbError });
  await runtime.ended;
});

test('a program that is not there is told', async (t) => {
  await t.throwsAsync(startAdapter({ name: 'test', command: '/nonexistent/adapter', args: [] }), {
    code: 'RUNTIME_BROKEN',
  } as object);
});

test('the native runtime finds what wasm finds, and its process ends with its looker', async (t) => {
  const card = await defaultCard();
  const picture = await readPicture(fileURLToPath(new URL('./proof/street.png', import.meta.url)));
  const finds: string[] = [];
  for (const runtime of ['wasm', 'native'] as const) {
    const looker = await createLooker({
      card,
      cacheDir,
      workers: 1,
      deadlineMs: 120_000,
      use: { runtime, weights: 'float' },
    });
    const { objects } = await looker.look(picture, { depth: 'base', minScore: 0.4 });
    if (runtime === 'native') t.is(adapters(), 1);
    finds.push(objects.map((one) => `${one.class} ${one.score.toFixed(3)} ${one.box.map(Math.round)}`).join('; '));
    await looker.close();
  }
  t.is(finds[0], finds[1]);
  t.is(adapters(), 0);
  t.regex(finds[0]!, /stop sign .*car .*person/);
});
