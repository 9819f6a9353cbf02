import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { writeJpeg } from '../../../models/image.ts';
import { frameAt } from '../../../models/testing.ts';
import { sampleTest } from '../../../test/samples.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** Runs the command as a process of its own. */
function kerbside(args: string[], environment: Record<string, string> = {}) {
  return new Promise<{ status: number | null; out: string[]; err: string[] }>((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, ...args],
      { env: { ...process.env, NODE_NO_WARNINGS: '1', ...environment } },
      (_, out, err) => resolve({ status: child.exitCode, out: lines(out), err: lines(err) }),
    );
  });
}
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

sampleTest('detect: a line for each good picture in order, a bad one costs its own line only', async (t, path) => {
  const folder = await mkdtemp(join(tmpdir(), 'detect-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const street = join(folder, 'street.jpg');
  const bad = join(folder, 'bad.png');
  await writeFile(street, await writeJpeg(await frameAt(path('video', 'street-pets2009.mp4'), 20), 95));
  await writeFile(bad, 'no picture');
  const { status, out, err } = await kerbside(['detect', street, bad, '--min-score', '0.6', street]);
  t.is(status, 2);
  t.is(err.length, 1);
  t.true(err[0]!.includes(bad));
  t.is(out.length, 2);
  const [first, second] = out.map((line) => JSON.parse(line));
  t.is(first.image, street);
  t.is(typeof first.ms, 'number');
  t.deepEqual(first.objects, second.objects);
  t.true(first.objects.some((o: { class: string }) => o.class === 'person'));
  for (const { score, box } of first.objects) {
    t.true(score >= 0.6);
    t.is(box.length, 4);
  }
});

test('detect: wrong usage and bad input are one line and status 2', async (t) => {
  const cases = [
    ['detect'],
    ['detect', '--bogus', 'x.png'],
    ['detect', '--min-score', '7', 'x.png'],
    ['detect', '--min-score', '', 'x.png'],
    ['detect', '--model', '/no/such/card.yaml', 'x.png'],
    ['models'],
    ['models', 'frobnicate'],
  ];
  for (const args of cases) {
    const { status, out, err } = await kerbside(args);
    t.is(status, 2, args.join(' '));
    t.is(out.length, 0, args.join(' '));
    t.is(err.length, 1, err.join('\n'));
  }
});

test('detect: a cache without models says what to do', async (t) => {
  const cache = await mkdtemp(join(tmpdir(), 'cache-'));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const node = process.env['KERBSIDE_CACHE'] || join(homedir(), '.cache/kerbside');
  await symlink(join(node, 'node-24.21.0'), join(cache, 'node-24.21.0'));
  const { status, err } = await kerbside(['detect', 'x.png'], { KERBSIDE_CACHE: cache });
  t.is(status, 2);
  t.is(err.length, 1);
  t.regex(err[0]!, /npm run setup/);
});

test('models ls: a line for each card', async (t) => {
  const { status, out } = await kerbside(['models', 'ls']);
  t.is(status, 0);
  const card = JSON.parse(out[0]!);
  t.is(card.name, 'coco-ssd');
  t.is(card.licence, 'Apache-2.0');
  t.is(card.sizes.length, 3);
  t.is(card.classes.length, 80);
});
