// deploy: `ota release`: the release of the commit that is checked out. In: a folder. Out: the release and what must lie
// beside it for a first installation; one line {file, sha256, bytes}. The same commit gives the same bytes.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError } from '../contract/errors.ts';
import { type Packed, pack } from './pack.ts';
import { head, NODE_VERSION, releaseTree } from './release-tree.ts';
import { type TarEntry, tar } from './tar-writer.ts';

export const help = `
usage: ota release --out DIR [--arch x64]

Packs the commit that is checked out, with Node, packages and models, as DIR/kerbside-VERSION-COMMIT-ARCH.tar.zst and
prints {file, sha256, bytes}. Beside it lies what the first installation of a box needs: install.sh, uninstall.sh, the
unpacking Node and SHA256SUMS. What is not committed is not in it. The same commit gives the same bytes.`;

/** A box's flash and a mobile contract set the limit. */
const MAX_BYTES = 200_000_000;

/** @throws KerbError for wrong usage, a missing part, or a release that is too large */
export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: { out: { type: 'string' }, arch: { type: 'string', default: 'x64' } },
  });
  if (values.out === undefined) throw new KerbError('USAGE', 'no folder is named', 'ota release', 'give --out DIR');
  if (values.arch !== 'x64' || process.arch !== 'x64') {
    const what = `a release for ${values.arch} cannot be made on ${process.arch} yet`;
    throw new KerbError('RELEASE_ARCH', what, `--arch ${values.arch}`, 'build x64 on x64');
  }
  const out = resolve(values.out);
  const cache = resolve(process.env['KERBSIDE_CACHE'] || join(homedir(), '.cache/kerbside'));
  const repository = fileURLToPath(new URL('..', import.meta.url));
  const say = (line: string) => process.stderr.write(`release: ${line}\n`);
  await mkdir(out, { recursive: true });
  const work = await mkdtemp(join(out, '.work-'));
  try {
    const commit = await head(repository);
    const { entries, version } = await releaseTree({ repository, commit, work, cache, arch: 'x64', say });
    const name = `kerbside-${version}-${commit.id.slice(0, 12)}-x64`;
    say(`packing ${entries.length} files`);
    const file = join(out, `${name}.tar.zst`);
    const packed = await release(entries, commit.time, file);
    await companions(out, entries, { [`${name}.tar.zst`]: packed.sha256 });
    process.stdout.write(`${JSON.stringify({ file, ...packed })}\n`);
    return 0;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The tar of the entries, packed. @throws KerbError RELEASE_SIZE */
export async function release(entries: readonly TarEntry[], time: number, file: string): Promise<Packed> {
  const packed = await pack(tar(entries, time), file, 'zst');
  if (packed.bytes <= MAX_BYTES) return packed;
  await rm(file);
  const what = `${packed.bytes} bytes are more than ${MAX_BYTES}`;
  throw new KerbError('RELEASE_SIZE', what, file, 'prune what a box does not need (deploy/prune.ts)');
}

/**
 * What a technician copies together with the release. A fresh Debian has gzip but no zstd; the pinned Node has zstd, so it
 * lies beside, once, as .gz (updates over the air need it no more: the box has one).
 */
async function companions(out: string, entries: readonly TarEntry[], sums: Record<string, string>): Promise<void> {
  const find = (name: string) => entries.find((entry) => entry.name === name)?.source ?? '';
  for (const script of ['install.sh', 'uninstall.sh']) {
    await copyFile(find(`deploy/${script}`), join(out, script));
  }
  const node = `node-${NODE_VERSION}-x64.gz`;
  const bytes = await readFile(find(`cache/node-${NODE_VERSION}/bin/node`));
  const all = { ...sums, [node]: (await pack(one(bytes), join(out, node), 'gz')).sha256 };
  const lines = Object.entries(all).map(([name, sum]) => `${sum}  ${name}\n`);
  await writeFile(join(out, 'SHA256SUMS'), lines.sort().join(''));
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
