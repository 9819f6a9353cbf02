// ota/central: what a repository offers. In: the entries now, goods to add. Out: the entries then, and what bytes they need.
// Never: a counter that falls; a good that is added twice.
import { TargetFile } from '@tufjs/models';
import type { Put } from './files.ts';
import type { Good } from './goods.ts';
import type { RepositoryState } from './repository.ts';

/** Publishings of one kind and name that stay on offer. */
const KEEP = 5;

export interface Offer {
  /** sorted by path */
  readonly entries: readonly TargetFile[];
  /** bytes that must be there for it */
  readonly puts: readonly Put[];
}

const byPath = (a: TargetFile, b: TargetFile): number => (a.path < b.path ? -1 : 1);

/** What is on offer. */
export function entriesOf(state: RepositoryState | null): TargetFile[] {
  const roles = [...(state?.targets.values() ?? [])];
  return roles.flatMap(({ metadata }) => Object.values(metadata.signed.targets)).sort(byPath);
}

/** Adds goods. What is on offer already is not added again; of one kind and name the newest five stay. */
export function offerWith(now: readonly TargetFile[], goods: readonly Good[]): Offer {
  let entries = [...now];
  const puts: Put[] = [];
  for (const good of goods) {
    const ofKind = entries.filter(({ custom }) => custom['kind'] === good.kind);
    const mine = ofKind.filter(({ custom }) => custom['name'] === good.name);
    const newest = Math.max(0, ...mine.map(counterOf));
    const present = matching(
      good,
      mine.filter((entry) => counterOf(entry) === newest),
    );
    if (present) {
      puts.push(...present);
      continue;
    }
    const counter = Math.max(0, ...ofKind.map(counterOf)) + 1;
    const fresh = targetFiles(good, counter);
    puts.push(...good.files.map(({ source }, index) => ({ source, target: fresh[index]! })));
    const counters = [...new Set(mine.map(counterOf)), counter].sort((a, b) => b - a).slice(0, KEEP);
    entries = [...entries.filter((entry) => !mine.includes(entry) || counters.includes(counterOf(entry))), ...fresh];
  }
  return { entries: entries.sort(byPath), puts };
}

const counterOf = ({ custom }: TargetFile): number => (typeof custom['counter'] === 'number' ? custom['counter'] : 0);

/** The entries of a good where they are the given ones, else null. */
function matching(good: Good, entries: readonly TargetFile[]): Put[] | null {
  if (entries.length !== good.files.length) return null;
  const found = good.files.map(({ sha256, source }) => {
    const target = entries.find(({ hashes }) => hashes['sha256'] === sha256);
    return target ? { source, target } : null;
  });
  return found.every((put) => put !== null) ? found : null;
}

function targetFiles(good: Good, counter: number): TargetFile[] {
  const { kind, name, version, hardware, files } = good;
  const path = (file: string) => `${kind}/${name}/${counter}/${file}`;
  return files.map((file, index) => {
    const common = { kind, name, version, counter, hardware: [...hardware], place: file.place };
    const others = files.slice(1).map((other) => path(other.name));
    const custom = { ...common, ...(index > 0 ? { part: true } : others.length > 0 ? { files: others } : {}) };
    const hashes = { sha256: file.sha256 };
    return new TargetFile({ path: path(file.name), length: file.length, hashes, unrecognizedFields: { custom } });
  });
}
