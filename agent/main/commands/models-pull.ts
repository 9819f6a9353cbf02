// agent/main: kerbside models pull. In: a known name or an address. Out: the model with its card in the box's state.
// Never: a file used whose hash nobody vouched for: it is pinned, given, or shown and confirmed.
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/errors.ts';
import { type Fetched, fetchFile } from '../../../models/pull/fetch.ts';
import { knownModels, type Wanted, wanted } from '../../../models/pull/known.ts';
import { maxModelBytes } from '../../../models/tflite/read.ts';
import { identifier } from '../../../models/tflite/schema.ts';
import { env } from '../env.ts';
import { STREET } from '../model.ts';
import { addAndTell } from './models-add.ts';

/** @returns exit status @throws KerbError for bad usage, an address that fails, a hash that differs */
export async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      sha256: { type: 'string' },
      out: { type: 'string' },
      labels: { type: 'string' },
      name: { type: 'string' },
      licence: { type: 'string' },
      replace: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    for (const known of await knownModels()) process.stdout.write(`${JSON.stringify(known)}\n`);
    return 0;
  }
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) {
    throw new KerbError(
      'USAGE',
      'give one name or address',
      'kerbside models pull',
      'kerbside models pull --list: names',
    );
  }
  const given = values.sha256?.toLowerCase();
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(given)) {
    throw new KerbError('USAGE', 'is not 64 hexadecimal digits', '--sha256', 'give the hash that the maker names');
  }
  const { cache, home } = env();
  const source = await wanted(text);
  say(`fetching ${source.url.href}`);
  const fetched = await fetchFile(source.url, {
    folder: join(cache, 'downloads'),
    maxBytes: maxModelBytes,
    progress: say,
  });
  await looksLikeModel(source, fetched);
  await vouched(source, fetched, given);
  await addAndTell({
    file: fetched.path,
    out: values.out ?? join(home, 'models'),
    labels: values.labels,
    name: values.name ?? source.name,
    licence: values.licence ?? source.licence,
    url: source.url.href,
    replace: values.replace,
    picture: STREET,
  });
  return 0;
}

/** A page that says "not found" is not kept: the next pull would find it again. @throws KerbError PULL_ALTERED */
async function looksLikeModel({ url }: Wanted, { path, bytes }: Fetched): Promise<void> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0).finally(() => file.close());
  if (buffer.toString('latin1', 4) === identifier) return;
  await rm(path, { force: true });
  const remedy = 'check the address: it should give the file itself, not a page about it';
  throw new KerbError('PULL_ALTERED', `its ${bytes} bytes are no .tflite model; they were deleted`, url.href, remedy);
}

/** @throws KerbError PULL_ALTERED, PULL_UNCONFIRMED */
async function vouched({ url, sha256 }: Wanted, { path, bytes, sha256: own }: Fetched, given: string | undefined) {
  const pinned = given ?? sha256;
  if (pinned !== null) {
    if (pinned === own) return;
    await rm(path, { force: true });
    const what = `has the SHA-256 ${own}, not ${pinned}; it was deleted`;
    throw new KerbError('PULL_ALTERED', what, url.href, 'do not use it: ask its maker which is right');
  }
  say(`${bytes} bytes, SHA-256 ${own}; nobody has pinned it: compare it with what its maker says`);
  if (process.stdin.isTTY) {
    const ask = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await ask.question('use it? [y/N] ').finally(() => ask.close());
    if (/^y(es)?$/i.test(answer.trim())) return;
  }
  const remedy = `if it is right, say: --sha256 ${own}`;
  throw new KerbError('PULL_UNCONFIRMED', 'its hash is not confirmed; the file is kept, not used', url.href, remedy);
}

const say = (line: string) => process.stderr.write(`kerbside: ${line}\n`);
