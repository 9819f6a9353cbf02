// kerbside outbox as a script uses it: real processes, real kill -9, and strace as the witness of the sync.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { openOutbox } from '../../outbox/index.ts';

const KERBSIDE = fileURLToPath(new URL('../../../bin/kerbside', import.meta.url));

async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kerb-put-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function start(t: ExecutionContext, command: string, args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(command, args);
  t.teardown(() => child.kill('SIGKILL'));
  // A child that was killed leaves its stdin broken: that is what these tests are about.
  child.stdin.on('error', () => {});
  return child;
}

interface Result {
  status: number | null;
  out: string[];
  err: string[];
}

async function outbox(t: ExecutionContext, args: string[], input: string | Buffer = ''): Promise<Result> {
  const child = start(t, KERBSIDE, ['outbox', ...args]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  const lines = (chunks: Buffer[]) => Buffer.concat(chunks).toString().split('\n').filter(Boolean);
  return { status, out: lines(out), err: lines(err) };
}

/** Everything a lane holds, read in this process. */
async function stored(dir: string, lane: 'case' | 'telemetry' = 'case'): Promise<Map<number, string>> {
  const clock = { wall: () => 0, mono: () => 0, quality: () => 'unknown' as const };
  const bootId = '00000000-0000-0000-0000-000000000000';
  const box = await openOutbox(dir, { clock, bootId, newEpoch: () => 'ffffffff', lanes: [lane] });
  const texts = new Map<number, string>();
  for await (const { seq, text } of box.lane(lane).read(1)) texts.set(seq, text);
  await box.close();
  return texts;
}

test('put stores each object byte for byte, names each bad line, and goes on', async (t) => {
  const dir = await folder(t);
  const good = ['{"a":1}', '  {"b" : "é\\u00e9", "b":2}\r', `{"long":"${'x'.repeat(65_536 - 11)}"}`, '{"last":true}'];
  const input = Buffer.concat([
    Buffer.from(`${good[0]}\nnope\n[1]\n${good[1]}\n\n${good[2]}\n{"long":"${'x'.repeat(65_536 - 10)}"}\n{"bad":"`),
    Buffer.from([0xff]),
    Buffer.from(`"}\n{"a":}\n${good[3]}`),
  ]);
  const { status, out, err } = await outbox(t, ['put', dir, '--lane', 'case'], input);
  t.is(status, 2);
  t.deepEqual(
    err.map((line) => /stdin line (\d+):/.exec(line)?.[1]),
    ['2', '3', '5', '7', '8', '9'],
  );
  const receipts = out.map((line) => JSON.parse(line));
  t.deepEqual(
    receipts.map(({ lane, seq }) => [lane, seq]),
    [1, 2, 3, 4].map((seq) => ['case', seq]),
  );
  t.regex(receipts[0].epoch, /^[0-9a-f]{16}$/);
  t.deepEqual([...(await stored(dir)).values()], good);
  const ls = await outbox(t, ['ls', dir]);
  t.like(JSON.parse(ls.out[0]!), { lane: 'case', first: 1, next: 5, acked: 0, waiting: 4, gaps: [] });
  const verify = await outbox(t, ['verify', dir]);
  t.is(verify.status, 0);
  t.like(JSON.parse(verify.out[0]!), { lane: 'case', records: 4, whole: true, faults: [] });
});

test('verify says where a record is not whole, with status 1; ls still reads the rest', async (t) => {
  const dir = await folder(t);
  await outbox(t, ['put', dir, '--lane', 'telemetry'], '{"a":1}\n{"b":"damaged"}\n{"c":3}\n');
  const [segment] = (await readdir(join(dir, 'telemetry'))).filter((name) => name.endsWith('.seg'));
  const path = join(dir, 'telemetry', segment!);
  const bytes = await readFile(path);
  bytes[bytes.indexOf('damaged')]! ^= 1;
  await writeFile(path, bytes);
  const verify = await outbox(t, ['verify', dir]);
  t.is(verify.status, 1);
  const line = JSON.parse(verify.out[0]!);
  t.like(line, { lane: 'telemetry', records: 2, whole: false });
  t.regex(line.faults[0].what, /record 2/);
  t.is((await outbox(t, ['ls', dir])).status, 0);
  t.deepEqual([...(await stored(dir, 'telemetry')).keys()], [1, 3]);
});

test('wrong usage is one line and status 2', async (t) => {
  const dir = await folder(t);
  for (const args of [
    [],
    ['ls'],
    ['ls', dir],
    ['put', dir],
    ['put', dir, '--lane', 'x'],
    ['what', dir],
    ['ls', dir, dir],
  ]) {
    const { status, out, err } = await outbox(t, args);
    t.deepEqual([status, out.length, err.length], [2, 0, 1], args.join(' '));
  }
});

test('while one process has the outbox open another is refused, but ls and verify look in', async (t) => {
  const dir = await folder(t);
  const first = start(t, KERBSIDE, ['outbox', 'put', dir, '--lane', 'case']);
  first.stdin.write('{"a":1}\n');
  await once(first.stdout, 'data');
  const second = await outbox(t, ['put', dir, '--lane', 'alarm'], '{"b":1}\n');
  t.deepEqual([second.status, second.err.length], [2, 1]);
  t.regex(second.err[0]!, new RegExp(`process ${first.pid} `));
  t.like(JSON.parse((await outbox(t, ['ls', dir])).out[0]!), { lane: 'case', waiting: 1 });
  t.is((await outbox(t, ['verify', dir])).status, 0);
  first.stdin.end();
  await once(first, 'exit');
  t.is((await outbox(t, ['put', dir, '--lane', 'alarm'], '{"b":1}\n')).status, 0);
});

test('kill -9 at random moments: every number that was printed is found afterwards, and the log goes on', async (t) => {
  const dir = await folder(t);
  const sent = new Map<number, string>();
  let random = 12345;
  for (let round = 0; round < 8; round++) {
    random = (random * 1103515245 + 12345) % 2 ** 31;
    // From a single record to some thousands, so that the kill meets small and large group commits.
    const after = round % 2 === 0 ? 1 + (random % 40) : 500 + (random % 4000);
    const child = start(t, KERBSIDE, ['outbox', 'put', dir, '--lane', 'case']);
    const lines: string[] = [];
    const feed = () => {
      while (child.exitCode === null && !child.killed) {
        const line = `{"round":${round},"line":${lines.length},"pad":"${'x'.repeat(150)}"}`;
        lines.push(line);
        if (!child.stdin.write(`${line}\n`)) return child.stdin.once('drain', feed);
      }
    };
    feed();
    let printed = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      // What came out before the kill counts, but for a last line that was cut off.
      if (!line.endsWith('}')) continue;
      const { seq } = JSON.parse(line);
      t.false(sent.has(seq), 'a number is given once');
      sent.set(seq, lines[printed++]!);
      if (printed === after) child.kill('SIGKILL');
    }
    t.true(printed >= after);
    if (round % 3 === 0) t.is((await outbox(t, ['verify', dir])).status, 0);
  }
  const texts = await stored(dir);
  for (const [seq, text] of sent) t.is(texts.get(seq), text);
  t.is((await outbox(t, ['verify', dir])).status, 0);
  t.log(`${sent.size} records accepted in 8 lives, ${texts.size} found`);
});

test('strace: between the write of a record and its number stands an fdatasync that returned', async (t) => {
  const dir = await folder(t);
  const trace = join(dir, 'trace');
  const calls = 'trace=write,pwrite64,pwritev,fdatasync';
  const strace = [
    '-f',
    '-s',
    '200',
    '-e',
    calls,
    '-o',
    trace,
    KERBSIDE,
    'outbox',
    'put',
    join(dir, 'box'),
    '--lane',
    'case',
  ];
  const child = start(t, 'strace', strace);
  const receipts = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (let index = 0; index < 5; index++) {
    child.stdin.write(`{"marker":"number-${index}-here"}\n`);
    await receipts.next();
  }
  child.stdin.end();
  const [status] = await once(child, 'exit');
  t.is(status, 0);
  const lines = (await readFile(trace, 'latin1')).split('\n');
  for (let index = 0; index < 5; index++) {
    const written = lines.findIndex((line) => /pwrite/.test(line) && line.includes(`number-${index}-here`));
    const told = lines.findIndex((line) => /write\(1, /.test(line) && line.includes(`\\"seq\\":${index + 1}}`));
    const synced = lines.findIndex((line, at) => at > written && /fdatasync.* = 0$/.test(line));
    t.true(written >= 0 && told >= 0, `record ${index} is in the trace`);
    t.true(written < synced && synced < told, `write ${written}, sync ${synced}, number ${told}`);
  }
});
