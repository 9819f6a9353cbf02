// agent/main: `kerbside update`, the update client by hand. In: options and a verb in any order. Out: a line for what was
// done; exit 1 for every refusal, by its code. The view in the metadata folder shows what is trusted now.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../../../contract/errors.ts';
import { openUpdater } from '../../../ota/device/index.ts';
import { targetFile } from '../../../ota/device/place.ts';
import { env } from '../env.ts';

export const help = `
usage: kerbside update [options] init ROOT | refresh | download

  init ROOT             trust this root.json; asks nothing of any server
  refresh               bring the metadata up to date
  download              refresh, then fetch the named targets that are not there yet

  --metadata-dir D      where metadata is kept; default update/metadata in the box's home
  --metadata-url U      where the repository's metadata is
  --target-name T       a target to download; may be given more than once
  --target-base-url B   where its targets are; default ../targets beside the metadata
  --target-dir D        where they are put; default update/targets in the box's home

Exit 1 when anything is refused, 2 for wrong usage.`;

const OPTIONS = {
  'metadata-dir': { type: 'string' },
  'metadata-url': { type: 'string' },
  'target-name': { type: 'string', multiple: true },
  'target-base-url': { type: 'string' },
  'target-dir': { type: 'string' },
} as const;

/** @returns exit status @throws KerbError for wrong usage */
export async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: OPTIONS });
  const [verb, ...rest] = positionals;
  const { home } = env();
  const dir = resolve(values['metadata-dir'] ?? join(home, 'update/metadata'));
  if (verb === 'init') return initialise(dir, rest);
  if (verb !== 'refresh' && verb !== 'download') {
    const what = verb === undefined ? 'nothing to do' : `no such verb: ${verb.slice(0, 40)}`;
    throw usage(what, 'say init ROOT, refresh or download');
  }
  if (rest.length > 0) throw usage(`too much: ${rest[0]!.slice(0, 40)}`, 'give one verb');
  const metadataUrl = address(values['metadata-url'], '--metadata-url');
  const names = [...new Set(values['target-name'] ?? [])];
  if (verb === 'download' && names.length === 0) throw usage('no target named', 'give --target-name');
  const beside = new URL('../targets', `${metadataUrl.replace(/\/*$/, '')}/`).toString();
  const targetsUrl =
    values['target-base-url'] === undefined ? beside : address(values['target-base-url'], '--target-base-url');
  const updater = openUpdater({ dir, url: metadataUrl, metadataUrl, targetsUrl, now: Date.now, log: warn });
  return refused(async () => {
    const { versions, issued } = await updater.refresh();
    if (verb === 'refresh') {
      say({ ...versions, issued });
      return 0;
    }
    const folder = resolve(values['target-dir'] ?? join(home, 'update/targets'));
    let status = 0;
    for (const name of names) {
      status |= await refused(async () => {
        const file = targetFile(folder, name);
        const { target, fetched, received } = await updater.download(name, file);
        say({ target: name, file, bytes: target.length, fetched, received });
        return 0;
      });
    }
    return status;
  });
}

async function initialise(dir: string, rest: string[]): Promise<number> {
  const [file] = rest;
  if (file === undefined || rest.length > 1) throw usage('init takes one file', 'give the root.json to trust');
  const root = await readFile(file).catch((error: unknown) => {
    throw new KerbError('UPDATE_ROOT_MISSING', oneLine(error), file, 'give the path of a root.json');
  });
  return refused(async () => {
    await openUpdater({ dir, url: '', now: Date.now }).init(root);
    return 0;
  });
}

/** Tells a refusal by its code. @returns 1 for it */
async function refused(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    warn(`${error instanceof KerbError ? `${error.code}: ` : ''}${oneLine(error)}`);
    return 1;
  }
}

function address(text: string | undefined, option: string): string {
  if (text === undefined) throw usage(`${option} is missing`, 'give the address of the repository');
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new KerbError('USAGE', `"${text.slice(0, 80)}" is no web address`, option, 'give http://... or https://...');
}

const usage = (what: string, remedy: string) => new KerbError('USAGE', what, 'kerbside update', remedy);
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const warn = (line: string) => process.stderr.write(`kerbside: ${line}\n`);
