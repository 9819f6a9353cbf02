import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { KerbError } from '../../contract/errors.ts';
import { scratch } from '../testing.ts';
import { fetchFile } from './fetch.ts';
import { knownModels, wanted } from './known.ts';

const whole = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) & 255));

/** A server that answers the n-th request as told. */
async function serve(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse, n: number) => void,
) {
  let requests = 0;
  const server = createServer((request, response) => answer(request, response, ++requests));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m/model.tflite`);
  return { url, requests: () => requests };
}

async function options(t: ExecutionContext) {
  return { folder: await scratch(t), maxBytes: 1 << 20, progress: () => {}, pausesMs: [1, 1], idleMs: 20_000 };
}

/** Sends a part of the file from where it was asked, then breaks the line. */
function sendBroken(request: IncomingMessage, response: ServerResponse, upTo: number, tag = '"one"') {
  const from = rangeOf(request, tag);
  response.writeHead(from > 0 ? 206 : 200, { etag: tag, 'content-length': whole.length - from });
  response.write(whole.subarray(from, upTo), () => response.destroy());
}

function rangeOf({ headers }: IncomingMessage, tag: string): number {
  return headers['if-range'] === tag ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
}

function sendRest(request: IncomingMessage, response: ServerResponse, tag = '"one"') {
  const from = rangeOf(request, tag);
  response.writeHead(from > 0 ? 206 : 200, { etag: tag, 'content-length': whole.length - from });
  response.end(whole.subarray(from));
}

test('a line that breaks is taken up where it broke; what is whole is not fetched again', async (t) => {
  const starts: number[] = [];
  const { url, requests } = await serve(t, (request, response, n) => {
    starts.push(rangeOf(request, '"one"'));
    if (n < 3) sendBroken(request, response, n * 100_000);
    else sendRest(request, response);
  });
  const how = await options(t);
  const fetched = await fetchFile(url, how);
  t.is(fetched.bytes, whole.length);
  t.is(fetched.sha256, (await import('node:crypto')).createHash('sha256').update(whole).digest('hex'));
  t.is(starts[0], 0);
  t.true(starts[2]! > 0 && starts[2]! >= starts[1]!);
  t.deepEqual(await fetchFile(url, how), fetched);
  t.is(requests(), 3);
  t.is(readdirSync(how.folder).length, 1);
});

test('a file that changed between two parts is fetched from its beginning', async (t) => {
  const { url } = await serve(t, (request, response, n) => {
    if (n === 1) sendBroken(request, response, 100_000, '"old"');
    else sendRest(request, response, '"new"');
  });
  t.is((await fetchFile(url, await options(t))).bytes, whole.length);
});

test('a line that breaks too often is told, and the next call goes on', async (t) => {
  let mends = false;
  const { url } = await serve(t, (request, response) => {
    if (mends) sendRest(request, response);
    else sendBroken(request, response, 150_000);
  });
  const how = await options(t);
  const error = await t.throwsAsync(fetchFile(url, how), { instanceOf: KerbError });
  t.is((error as KerbError).code, 'PULL_FAILED');
  t.false(existsSync(`${how.folder}/model.tflite`));
  mends = true;
  t.is((await fetchFile(url, how)).bytes, whole.length);
});

for (const [title, answer] of [
  [
    'says',
    (_: IncomingMessage, response: ServerResponse) => response.writeHead(200, { 'content-length': 1 << 30 }).end(),
  ],
  [
    'does not say',
    (_: IncomingMessage, response: ServerResponse) => {
      const more = () => void response.write(whole, (error) => (error ? undefined : setImmediate(more)));
      response.writeHead(200);
      more();
    },
  ],
] as const) {
  test(`a file that is too large and ${title} so is refused`, async (t) => {
    const { url } = await serve(t, answer);
    const how = await options(t);
    await t.throwsAsync(fetchFile(url, how), { code: 'PULL_TOO_LARGE' } as object);
    t.deepEqual(
      readdirSync(how.folder).filter((name) => name.endsWith('.part')),
      [],
      'what came of it is not kept',
    );
  });
}

for (const [title, location] of [
  ['in a circle', '/m/model.tflite'],
  ['to a file', 'file:///etc/passwd'],
] as const) {
  test(`a server that sends on ${title} is told at once`, async (t) => {
    const { url, requests } = await serve(t, (_, response) => response.writeHead(302, { location }).end());
    const error = await t.throwsAsync(fetchFile(url, await options(t)), { code: 'PULL_FAILED' } as object);
    t.regex(error!.message, /other addresses/);
    t.true(requests() < 30);
  });
}

test('a server that falls silent costs the idle time, not for ever; one that refuses is told at once', async (t) => {
  const silent = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('x');
  });
  const error = await t.throwsAsync(fetchFile(silent.url, { ...(await options(t)), idleMs: 200 }), {
    instanceOf: KerbError,
  });
  t.regex(error!.message, /no byte for 200 ms/);
  t.true(silent.requests() >= 1);
  const refusing = await serve(t, (_, response) => response.writeHead(404).end());
  await t.throwsAsync(fetchFile(refusing.url, await options(t)), { code: 'PULL_FAILED' } as object);
  t.is(refusing.requests(), 1);
});

test('names are known models, everything else is an address', async (t) => {
  const names = (await knownModels()).map(({ name }) => name);
  t.true(names.includes('efficientdet-lite0') && names.includes('efficientdet-lite2'));
  t.is((await wanted('efficientdet-lite0')).licence, 'Apache-2.0');
  t.like(await wanted('https://models.example/a/b/My%20Model.tflite?x=1'), { name: 'My Model', sha256: null });
  t.like(await wanted('https://models.example/%zz.tflite'), { name: '%zz' });
  for (const text of [
    'efficientnet',
    'file:///etc/passwd',
    '',
    'ftp://a/b',
    'https://me:secret@models.example/a.tflite',
  ]) {
    const error = await t.throwsAsync(wanted(text), { code: 'PULL_UNKNOWN' } as object);
    t.notRegex(error!.message, /secret/);
  }
});
