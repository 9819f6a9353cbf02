// deploy: gathers what a release holds. In: the repository at its commit, the cache. Out: tar entries in their order.
// Never: a file of the working tree that is not committed, a model that is not what its card says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError } from '../contract/errors.ts';
import { filesOf, loadCard } from '../models/card.ts';
import { readModel } from '../models/files.ts';
import { ofPackages, ofRepository } from './prune.ts';
import { licences, parts, sbom } from './sbom.ts';
import { stripFlows } from './strip.ts';
import type { TarEntry } from './tar-writer.ts';

export const NODE_VERSION = '24.21.0';

export interface Commit {
  /** 40 hexadecimal digits */
  readonly id: string;
  /** when it was committed, seconds since 1970 */
  readonly time: number;
}

export interface TreeOptions {
  readonly repository: string;
  readonly commit: Commit;
  /** an empty folder to work in */
  readonly work: string;
  readonly cache: string;
  readonly arch: 'x64';
  readonly say: (line: string) => void;
}

/** The commit that HEAD names. @throws KerbError RELEASE_GIT */
export async function head(repository: string): Promise<Commit> {
  const [id = '', time = ''] = (await output('git', ['-C', repository, 'log', '-1', '--format=%H %ct'])).split(' ');
  return { id, time: Number(time) };
}

/** Everything a slot holds, sorted by name. @throws KerbError RELEASE_* and those of the models */
export async function releaseTree(options: TreeOptions): Promise<{ entries: TarEntry[]; version: string }> {
  const { repository, commit, work, cache, arch, say } = options;
  const node = join(cache, `node-${NODE_VERSION}`);
  if (!existsSync(join(node, 'bin/node'))) {
    throw new KerbError('RELEASE_NODE', 'the pinned Node is missing', node, 'run `npm run setup`');
  }
  const tree = join(work, 'tree');
  await mkdir(tree);
  const archive = `git -C "$1" archive --format=tar "$2" | tar -x -C "$3"`;
  await output('sh', ['-c', archive, 'sh', repository, commit.id, tree]);
  const tracked = (await walk(tree)).filter(({ name }) => name.endsWith('/') || ofRepository(name));
  const own = await stripFlows(tracked);

  // npm empties what lies there: it must be of this folder, never where a tracked link points
  await rm(join(tree, 'node_modules'), { recursive: true, force: true });
  say('packages: npm ci without those of development');
  await output('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: tree,
    // as in the set-up: the pinned Node first, its headers for the native addons
    env: { ...process.env, PATH: `${join(node, 'bin')}:${process.env['PATH']}`, npm_config_nodedir: node },
  });
  const modules = join(tree, 'node_modules');
  const packages = (await walk(modules)).filter(({ name }) => name.endsWith('/') || ofPackages(name, arch));
  const all = parts(tree, (path) => packages.some(({ name }) => `node_modules/${name}` === `${path}/package.json`));

  say('models and papers');
  const models = await modelEntries(tree, cache);
  const { name, version } = JSON.parse(await readFile(join(tree, 'package.json'), 'utf8')) as Record<string, string>;
  const product = { name: name!, version: version!, commit: commit.id, time: commit.time, node: NODE_VERSION };
  const about = { ...product, arch };
  const papers: TarEntry[] = [
    { name: 'release.json', data: Buffer.from(`${JSON.stringify(about)}\n`) },
    { name: 'sbom.cdx.json', data: Buffer.from(sbom({ ...product, models: models.cards }, all)) },
    { name: 'LICENCES.txt', data: Buffer.from(licences(tree, all)) },
  ];
  const place = `cache/node-${NODE_VERSION}`;
  const entries = [
    ...own,
    ...packages.map((entry) => ({ ...entry, name: `node_modules/${entry.name}` })),
    ...models.entries,
    ...papers,
    { name: `${place}/bin/node`, source: join(node, 'bin/node'), executable: true },
    { name: `${place}/LICENSE`, source: join(node, 'LICENSE') },
  ];
  return { entries: inOrder(entries), version: version! };
}

/** Sorted by bytes of the name; folders of their own are dropped unless something is in them, and made where missing. */
export function inOrder(entries: readonly TarEntry[]): TarEntry[] {
  const files = entries.filter(({ name }) => !name.endsWith('/'));
  const folders = new Set<string>();
  for (const { name } of files) {
    for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) folders.add(name.slice(0, at + 1));
  }
  const all: TarEntry[] = [...files, ...[...folders].map((name) => ({ name }))];
  return all.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** Every file, folder and link under a folder, by relative name. */
export async function walk(folder: string, prefix = ''): Promise<TarEntry[]> {
  const found: TarEntry[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const name = prefix + entry.name;
    const path = join(folder, name);
    if (entry.isDirectory()) found.push({ name: `${name}/` }, ...(await walk(folder, `${name}/`)));
    else if (entry.isSymbolicLink()) found.push({ name, link: await readlink(path) });
    else if (entry.isFile()) found.push({ name, source: path, executable: ((await lstat(path)).mode & 0o100) !== 0 });
  }
  return found;
}

/** The files that the commit's cards name, each checked against its card. */
async function modelEntries(tree: string, cache: string) {
  const folder = join(tree, 'models/cards');
  const entries: TarEntry[] = [];
  const cards: { name: string; version: string; licence: string }[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()) {
    const loaded = await loadCard(join(folder, file));
    const { name, version, licence } = loaded.card;
    cards.push({ name, version: String(version), licence });
    for (const one of filesOf(loaded.card)) {
      await readModel(one, { folder: loaded.folder, cacheDir: cache });
      if (!existsSync(join(folder, one.file))) {
        entries.push({ name: `cache/${one.file}`, source: join(cache, one.file) });
      }
    }
  }
  return { entries, cards };
}

/** What a command prints. @throws KerbError RELEASE_STEP with its last words */
async function output(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let out = '';
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out = (out + text).slice(-1_000_000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-600);
  });
  const failed = once(child, 'error').then(([error]: Error[]) => String(error?.message));
  const status = await Promise.race([once(child, 'close').then(([code]) => code as number | null), failed]);
  if (status === 0) return out.trim();
  const why = (words.trim() || String(status)).replace(/\s*\n\s*/g, ' ').slice(-300);
  throw new KerbError('RELEASE_STEP', `failed: ${why}`, `${command} ${args[0]}`, 'see its words; nothing was written');
}
