// ota/device/apply: the words of applying updates. Types only: a kind of good makes a candidate out of verified files; the
// manager alone decides when it is checked, switched to, proved, and switched back from.
import type { TargetKind } from '../../../contract/index.ts';
import type { Offer } from '../walk.ts';

/** A version of something that runs or could. */
export interface Version {
  readonly name: string;
  readonly version: string;
  /** null: came with the installation or its configuration */
  readonly counter: number | null;
}

/** What a repository offers: its first file and those that belong to it, all of one publishing. */
export interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly counter: number;
  /** the first file comes first */
  readonly files: readonly (Offer & { readonly place: string })[];
}

/** A good whose files lie on this disk, every byte verified. */
export interface StagedGood extends Wanted {
  readonly folder: string;
  /** the first file's place in it */
  readonly first: string;
}

/**
 * A good made ready. Its methods are called in this order: check, switch, prove; then settle, or back where prove failed.
 * `close` ends one that was never switched to, or was switched back from.
 */
export interface Candidate {
  /** Throws a KerbError for whatever must never run here: it is then refused for good. */
  check(): Promise<void>;
  /** Makes it what runs. `restart`: the whole program is about to be replaced, and the next one says how it went. */
  switch(): Promise<'runs' | 'restart'>;
  /** Resolves once it has run well for a while. @throws KerbError when it does not */
  prove(signal: AbortSignal): Promise<void>;
  /** Makes run again what ran before. Must work whatever has failed. */
  back(): Promise<void>;
  /** It stays: what ran before may be let go. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** How a good that needed a restart has ended. */
export type Outcome =
  | { readonly state: 'none' }
  | { readonly state: 'trial'; readonly counter: number }
  | { readonly state: 'success'; readonly counter: number }
  | { readonly state: 'returned'; readonly counter: number; readonly reason: string };

/** One place on a box that a good can fill: its detector, its site's rules, its program. */
export interface UpdateKind {
  /** names the place on disk: a short word */
  readonly id: string;
  readonly kind: TargetKind;
  /** whether goods of that name are for this box */
  fits(name: string): boolean;
  /** what runs where no update ever did */
  own(): Version;
  /** Whether this very good runs already, by another way than an update. */
  has?(good: Wanted): boolean;
  /** Before anything is fetched. @throws KerbError where it cannot be taken, now or ever */
  admit?(good: Wanted): Promise<void>;
  /** folders in which files of the good may lie already, by their place */
  readonly seeds?: readonly string[];
  /** Makes it ready beside what runs. @throws KerbError */
  stage(good: StagedGood): Promise<Candidate>;
  /** What became of a good that was switched to by a restart. @param attempt the one that was under way */
  outcome?(attempt: Wanted | null): Promise<Outcome>;
  /** true: the good's files are not needed once it runs */
  readonly consumes?: boolean;
}
