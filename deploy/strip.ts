// deploy: the repository's only build: Node-RED's nodes, and the program of flows around them, as JavaScript, so that no
// type stripping is needed where Node-RED loads them. In: the entries of a release. Out: the same with flows/**/*.ts as
// .js, and beside them as .js what of contract they stand on. The pinned Node gives the same text each time.
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { posix } from 'node:path';
import { KerbError } from '../contract/errors.ts';
import type { TarEntry } from './tar-writer.ts';

const IMPORTS = /((?:\bfrom|\bimport)\s*\(?\s*')(\.{1,2}\/[^']+)\.ts(')/g;
const ROOM = /^flows\//;

/** @throws KerbError RELEASE_IMPORT when flows import what is neither theirs nor the contract's */
export async function stripFlows(entries: readonly TarEntry[]): Promise<TarEntry[]> {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const scripts = entries.filter(({ name, source }) => ROOM.test(name) && source && /\.(ts|js)$/.test(name));
  const waiting = scripts.map(({ name }) => name);
  const made = new Map<string, TarEntry>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const to = name.replace(/\.ts$/, '.js');
    if (made.has(to)) continue;
    const { source } = byName.get(name) ?? {};
    if (source === undefined || !/^(flows|contract)\//.test(name)) {
      throw new KerbError('RELEASE_IMPORT', 'flows may import flows and contract only', name, 'see its imports');
    }
    const text = await readFile(source, 'utf8');
    const plain = name.endsWith('.ts') ? stripTypeScriptTypes(text, { mode: 'strip' }) : text;
    const here = posix.dirname(name);
    const data = plain.replace(IMPORTS, (_, before: string, path: string, after: string) => {
      waiting.push(posix.join(here, `${path}.ts`));
      return `${before}${path}.js${after}`;
    });
    made.set(to, { name: to, data: Buffer.from(data) });
  }
  const kept = entries.filter(({ name }) => !(ROOM.test(name) && name.endsWith('.ts')) && !made.has(name));
  return [...kept, ...made.values()];
}
