import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { sampleTest } from '../../../test/samples.ts';

const KERBSIDE = fileURLToPath(new URL('../../../bin/kerbside', import.meta.url));
const SITE = fileURLToPath(new URL('../../../examples/street/site.yaml', import.meta.url));

interface Result {
  status: number;
  out: string;
  err: string;
}

function watch(...args: string[]): Promise<Result> {
  return new Promise((done) => {
    execFile(KERBSIDE, ['watch', ...args], (error, out, err) => {
      done({ status: error ? Number(error.code ?? 1) : 0, out, err });
    });
  });
}

async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kerbside-watch-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text));

/** Every file of a folder with its SHA-256. */
async function sums(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort();
  const sum = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(dir, name)))
      .digest('hex');
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await sum(name)])));
}

test('bad input is one line that says what, where and what to do, and exit 2', async (t) => {
  const dir = await folder(t);
  const video = join(dir, 'a.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=s=768x576:d=1', '-c:v', 'mpeg4', video]);
  const broken = join(dir, 'broken.mp4');
  await writeFile(broken, (await readFile(video)).subarray(0, 5000));
  const notGzip = join(dir, 'b.mp4.gz');
  await writeFile(notGzip, 'plain');
  const site = await readFile(SITE, 'utf8');
  const altered = async (name: string, from: string | RegExp, to: string) => {
    const file = join(dir, name);
    await writeFile(file, site.replace(from, to));
    return file;
  };
  const unknown = await altered('unknown.yaml', 'looks_per_s:', 'loks_per_s:');
  const crossing = await altered('crossing.yaml', /polygon: .*/, 'polygon: [[10, 10], [90, 90], [90, 10], [10, 90]]');
  const outside = await altered('outside.yaml', /polygon: .*/, 'polygon: [[10, 10], [900, 90], [90, 10]]');
  const code = await altered('code.yaml', '"09009"', '"99999"');
  const table: [string[], RegExp][] = [
    [[], /--site: is missing/],
    [['--site', SITE], /--video: is missing/],
    [['--site', join(dir, 'no.yaml'), '--video', video], /no\.yaml: there is no such file/],
    [['--site', unknown, '--video', video], /unknown\.yaml:\d+: .*loks_per_s/],
    [['--site', crossing, '--video', video], /crosses itself/],
    [['--site', outside, '--video', video], /outside the picture/],
    [['--site', code, '--video', video], /no matter 99999/],
    [['--site', SITE, '--video', join(dir, 'no.mp4')], /no\.mp4: there is no such file/],
    [['--site', SITE, '--video', broken], /broken\.mp4: cannot be read/],
    [['--site', SITE, '--video', notGzip], /b\.mp4\.gz: cannot be unpacked/],
    [['--site', SITE, '--video', join(dir, 'no.mp4.gz')], /no\.mp4\.gz: there is no such file/],
    [['--site', SITE, '--video', video, '--start', 'yesterday'], /--start: "yesterday"/],
    [['--site', SITE, '--video', video, '--workers', '0'], /--workers: "0"/],
    [['--site', SITE, '--video', video, '--out', join(video, 'x')], /cannot be made/],
    [['--site', SITE, '--video', video, '--frames', '3'], /--frames/],
  ];
  for (const [args, pattern] of table) {
    const { status, out, err } = await watch(...args);
    t.is(status, 2, err);
    t.is(out, '');
    t.regex(err, pattern);
    t.is(err.trim().split('\n').length, 1, err);
    t.notRegex(err, /\n {4}at /);
  }
});

sampleTest('the street clip has one event and one case: the white van, after 30 s', async (t, path) => {
  t.timeout(600_000);
  const out = join(await folder(t), 'pictures');
  const result = await watch('--site', SITE, '--video', path('video', 'street-pets2009.mp4'), '--out', out);
  t.is(result.status, 0, result.err);
  const [event, made, ...more] = lines(result.out);
  t.deepEqual(more, []);
  t.like(event, { kind: 'event', code: '09009', zone: 'north-kerb', at: 0 });
  t.true(event.until > 30_000 && event.until <= 31_000, `until ${event.until}`);
  const [x, y, w, h] = event.box;
  t.true(Math.hypot(x + w / 2 - 679, y + h / 2 - 70) < 15, `${event.box} is the van`);
  t.like(made, { kind: 'case', code: '09009', event: event.id, at: event.at, until: event.until });
  t.deepEqual(await readdir(out), made.pictures.toSorted());
  t.is(made.pictures.length, 2);
});

sampleTest('one worker or two: the same bytes, pictures included; --start moves the times', async (t, path) => {
  t.timeout(600_000);
  const dir = await folder(t);
  const cut = join(dir, 'cut.mp4');
  const clip = path('video', 'street-pets2009.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-i', clip, '-t', '5', '-c', 'copy', cut]);
  execFileSync('gzip', ['-k', cut]);
  const site = join(dir, 'site.yaml');
  await writeFile(site, (await readFile(SITE, 'utf8')).replace('value: 30', 'value: 3'));
  const run = async (workers: string, video: string) => {
    const out = join(dir, `out${workers}`);
    const start = ['--start', '2026-05-01T08:00:00+08:00'];
    const result = await watch('--site', site, '--video', video, '--out', out, '--workers', workers, ...start);
    t.is(result.status, 0, result.err);
    return { out: result.out, pictures: await sums(out) };
  };
  const one = await run('1', cut);
  t.deepEqual(await run('2', `${cut}.gz`), one);
  const [event] = lines(one.out);
  t.is(event.at, Date.parse('2026-05-01T00:00:00Z'));
  t.is(event.until - event.at, 3250);
  t.is(Object.keys(one.pictures).length, 2);
});
