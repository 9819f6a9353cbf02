// The commands as a person uses them: a model from a server, its hash confirmed, added, listed, looked with.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { scratch } from '../../../models/testing.ts';
import { otherModel, yoloModel } from '../../../models/testing-models.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
const street = fileURLToPath(new URL('../../../models/proof/street.png', import.meta.url));

test('models pull, ls, detect: a hash that nobody pinned must be confirmed, another kind of model is named', async (t) => {
  const folder = await scratch(t);
  const model = yoloModel(96, { layout: 'v8', transposed: true, edges: 'int8' });
  const masks = otherModel([1, 257, 257, 3], [[1, 257, 257, 21]]);
  const server = createServer(({ url }, response) =>
    response.end(url === '/masks.tflite' ? masks : url === '/page.tflite' ? '<html>not found</html>' : model),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...process.env, KERBSIDE_HOME: join(folder, 'home'), KERBSIDE_CACHE: join(folder, 'cache') };
  const run = (...args: string[]) =>
    new Promise<{ status: number; out: string; words: string }>((resolve) => {
      const child = execFile(process.execPath, [cli, ...args], { env }, (error, out, words) =>
        resolve({ status: error ? Number(error.code) : 0, out, words }),
      );
      child.stdin?.end();
    });

  const page = await run('models', 'pull', `${address}/page.tflite`);
  t.is(page.status, 2);
  t.regex(page.words, /no \.tflite model/);

  const url = `${address}/my-model.tflite`;
  const hash = createHash('sha256').update(model).digest('hex');
  const asked = await run('models', 'pull', url);
  t.is(asked.status, 2, asked.words);
  t.true(asked.words.includes(`--sha256 ${hash}`), asked.words);
  const other = await run(
    'models',
    'pull',
    url,
    '--sha256',
    hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  );
  t.is(other.status, 2);
  t.regex(other.words, /deleted/);

  const added = await run('models', 'pull', url, '--sha256', hash, '--licence', 'MIT');
  t.is(added.status, 0, added.words);
  const line = JSON.parse(added.out);
  t.like(line, { name: 'my-model', head: 'yolo', licence: 'MIT', card: join(folder, 'home/models/my-model.yaml') });
  t.true(line.runs.some((one: { runtime: string; ms?: number }) => one.runtime === 'wasm' && one.ms! > 0));
  const listed = (await run('models', 'ls')).out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  t.deepEqual(listed.map(({ name }) => name).slice(-1), ['my-model']);
  t.like(listed.at(-1), { source: url, sizes: [{ present: true }], uses: { weights: 'float' } });
  const found = await run('detect', '--model', line.card, '--min-score', '0.1', street);
  t.is(found.status, 0, found.words);
  t.true(JSON.parse(found.out).objects.length > 0);

  const refused = await run(
    'models',
    'pull',
    `${address}/masks.tflite`,
    '--sha256',
    createHash('sha256').update(masks).digest('hex'),
  );
  t.is(refused.status, 2);
  t.regex(refused.words, /masks/);
});
