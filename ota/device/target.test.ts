// ota/device: a large target over a bad link, from a lying server, and through kill -9 of the program.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readGood } from '../central/goods.ts';
import { type Answer, refusedWith, send, stage, TODAY } from '../testing.ts';

const CLI = fileURLToPath(new URL('../../agent/main/cli.ts', import.meta.url));
const NAME = 'kerbside-1.0.0-linux-x64.tar.zst';
const PATH = `agent/kerbside/1/${NAME}`;

async function large(t: ExecutionContext, length: number) {
  const { shop, site, box } = await stage(t);
  const bytes = randomBytes(length);
  await writeFile(join(shop.folder, NAME), bytes);
  await shop.publish(TODAY, {}, [await readGood(`agent=${join(shop.folder, NAME)}`, shop.folder)]);
  const file = join(box.files, 'release');
  return { shop, site, box, bytes, file };
}

/** Sends so many bytes of an honest answer and cuts the connection. */
const cutAfter =
  (most: number): Answer =>
  (request, response, bytes) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const left = bytes!.length - from;
    const headers: Record<string, string | number> = { 'content-length': left };
    if (from > 0) headers['content-range'] = `bytes ${from}-${bytes!.length - 1}/${bytes!.length}`;
    response.writeHead(from > 0 ? 206 : 200, headers);
    const part = bytes!.subarray(from, from + most);
    if (left <= most) response.end(part);
    else response.write(part, () => setTimeout(() => response.destroy(), 5));
  };

test('20 MB over a link that is cut each MB: every byte comes once', async (t) => {
  const { site, box, bytes, file } = await large(t, 20 << 20);
  site.answers.set('/targets/*', cutAfter(1 << 20));
  const updater = box.updater();
  const { received } = await updater.download(PATH, file);
  const gets = site.requests.filter((line) => line.startsWith('/targets/')).length;
  t.log(`${gets} requests, ${received} of ${bytes.length} bytes`);
  t.true(gets >= 20);
  t.true(received <= bytes.length * 1.02);
  t.true((await readFile(file)).equals(bytes));
  t.deepEqual(await readdir(box.files), ['release']);
});

test('a server that knows no ranges is read through: the file still comes', async (t) => {
  const { site, box, bytes, file } = await large(t, 1 << 20);
  let cuts = 0;
  site.answers.set('/targets/*', (request, response, whole) => {
    const plain = { headers: {} } as typeof request;
    return cuts++ < 3 ? cutAfter(cuts * 200_000)(plain, response, whole) : send(plain, response, whole);
  });
  await box.updater().download(PATH, file);
  t.true((await readFile(file)).equals(bytes));
});

const LIES: Record<string, (from: number, response: ServerResponse, bytes: Buffer) => void> = {
  'another start': (from, response, bytes) =>
    response
      .writeHead(206, { 'content-range': `bytes ${from + 1}-${bytes.length - 1}/${bytes.length}` })
      .end(bytes.subarray(from + 1)),
  'no range named': (from, response, bytes) => response.writeHead(206).end(bytes.subarray(from)),
  'another length': (from, response, bytes) =>
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${bytes.length + 9}/${bytes.length + 10}` })
      .end(bytes.subarray(from)),
  nonsense: (_, response) => response.writeHead(206, { 'content-range': 'bytes x-y/z' }).end('?'),
  'right range, other bytes': (from, response, bytes) =>
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` })
      .end(Buffer.alloc(bytes.length - from, 7)),
  'no more to come': (_, response) => response.writeHead(416).end(),
};
for (const [lie, tell] of Object.entries(LIES)) {
  test(`a server that lies about a range (${lie}): the whole is asked for, and verified`, async (t) => {
    const { site, box, bytes, file } = await large(t, 300_000);
    let asked = 0;
    site.answers.set('/targets/*', (request, response, whole) => {
      if (asked++ === 0) return cutAfter(100_000)(request, response, whole);
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from > 0) tell(from, response, whole!);
      else send(request, response, whole);
    });
    const updater = box.updater();
    await updater.download(PATH, file);
    t.true((await readFile(file)).equals(bytes));
    t.deepEqual(await readdir(box.files), ['release']);
  });
}

test('a server that only ever lies is refused, and leaves nothing', async (t) => {
  const { site, box, bytes, file } = await large(t, 300_000);
  site.answers.set('/targets/*', (_, response) => void response.end(Buffer.alloc(bytes.length, 7)));
  await refusedWith(t, 'UPDATE_TARGET_BAD', () => box.updater().download(PATH, file));
  site.answers.set('/targets/*', (_, response) => {
    response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('12345');
  });
  await refusedWith(t, 'UPDATE_RANGE', () => box.updater().download(PATH, file));
  t.deepEqual(await readdir(box.files), []);
});

test('a part that rotted or was never written is found out and fetched again', async (t) => {
  const { site, box, bytes, file } = await large(t, 300_000);
  site.answers.set('/targets/*', cutAfter(0));
  await refusedWith(t, 'UPDATE_UNREACHABLE', () => box.updater().download(PATH, file));
  const parts = join(box.files, '.kerbside-parts');
  await t.throwsAsync(() => stat(parts), { code: 'ENOENT' });
  for (const damaged of [Buffer.alloc(200_000), Buffer.alloc(300_000), Buffer.alloc(400_000), bytes]) {
    site.answers.set('/targets/*', cutAfter(100_000));
    const stopped = new AbortController();
    const running = box.updater({ signal: stopped.signal }).download(PATH, file);
    while (!(await readdir(parts).catch(() => [])).length) await new Promise((resolve) => setImmediate(resolve));
    stopped.abort(new Error('stopped'));
    await running.catch(() => {});
    await mkdir(parts, { recursive: true });
    const target = (await box.updater().find(PATH))!;
    const key = JSON.stringify([target.path, target.length, target.hashes]);
    await writeFile(join(parts, `${createHash('sha256').update(key).digest('hex')}.part`), damaged);
    site.answers.clear();
    const { received } = await box.updater().download(PATH, file);
    t.is(
      received,
      damaged === bytes ? 0 : damaged.length > bytes.length ? bytes.length : bytes.length * 2 - damaged.length,
    );
    t.true((await readFile(file)).equals(bytes));
    await writeFile(file, 'changed');
  }
});

test('kill -9 at random during refresh and download: resumes, and each byte comes about once', async (t) => {
  const { site, box, bytes, file } = await large(t, 8 << 20);
  let sent = 0;
  // about 16 MB/s, so that a kill meets it
  site.answers.set('/targets/*', async (request, response, whole) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers: Record<string, string | number> = { 'content-length': whole!.length - from };
    if (from > 0) headers['content-range'] = `bytes ${from}-${whole!.length - 1}/${whole!.length}`;
    response.writeHead(from > 0 ? 206 : 200, headers);
    for (let at = from; at < whole!.length && !response.destroyed; at += 65536) {
      const part = whole!.subarray(at, at + 65536);
      await new Promise<void>((resolve) => response.write(part, () => resolve()));
      sent += part.length;
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    response.end();
  });
  const args = [CLI, 'update', '--metadata-dir', box.dir, '--metadata-url', `${site.url}/metadata`];
  const download = [...args, '--target-name', PATH, '--target-dir', box.files, 'download'];
  let kills = 0;
  let status: number | null = null;
  for (let run = 0; status !== 0 && run < 60; run++) {
    const child = spawn(process.execPath, download, { stdio: 'ignore' });
    // later ones live longer: on a busy machine a program needs a while to begin
    const timer = setTimeout(() => child.kill('SIGKILL'), 150 + ((run * 97) % 350) + run * 40);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(timer);
    if (signal === 'SIGKILL') kills++;
    else t.is(code, 0);
    status = code;
  }
  t.is(status, 0);
  t.true(kills >= 2);
  t.log(`${kills} kills, ${sent} bytes sent for ${bytes.length}`);
  // what was on its way when the program died is sent again
  t.true(sent <= bytes.length + kills * (2 << 20));
  t.deepEqual(await readdir(box.files), [encodeURIComponent(PATH)]);
  t.true((await readFile(join(box.files, encodeURIComponent(PATH)))).equals(bytes));
  t.is((await box.updater().refresh()).versions.timestamp, 2);
  await box.updater().download(PATH, file);
});
