// ota/device: tuf-js's updater, fed from memory and with our own idea of time. In: the trusted files, a fetcher, a clock.
// Out: the same files, changed by each role as it is verified. Never: the disk, the environment or the box's bare clock.
//
// tuf-js reads and writes its metadata through two methods that are private in its types; they are replaced here. The
// package is pinned, and tuf.test.ts fails where an update of it moves them.
import type { Metadata, Root, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import { type Fetcher, Updater, type UpdaterOptions } from 'tuf-js';
import { oneLine } from '../../contract/errors.ts';
import { type BuildDates, issuedAt, referenceTime } from './clock.ts';
import type { Files } from './trusted.ts';
import { parsed } from './trusted.ts';

interface TrustedSet {
  referenceTime: Date;
  readonly root: Metadata<Root>;
  readonly timestamp?: Metadata<Timestamp>;
  readonly snapshot?: Metadata<Snapshot>;
  readonly targets?: Metadata<Targets>;
  updateRoot(bytes: Buffer): unknown;
  updateTimestamp(bytes: Buffer): unknown;
  updateSnapshot(bytes: Buffer, trusted?: boolean): unknown;
  updateDelegatedTargets(bytes: Buffer, role: string, parent: string): unknown;
}

/** What tuf-js's updater has inside. */
export interface Tuf {
  readonly trustedSet: TrustedSet;
  refresh(): Promise<void>;
  getTargetInfo(path: string): Promise<TargetFile | undefined>;
  loadTimestamp(): Promise<void>;
  loadTargets(role: string, parent: string): Promise<Metadata<Targets> | undefined>;
  loadLocalMetadata(role: string): Buffer;
  persistMetadata(role: string, bytes: Buffer): void;
}

export interface TufInputs {
  /** changed in place, role by role, as metadata is verified */
  readonly files: Files;
  readonly metadataUrl: string;
  readonly fetcher: Fetcher;
  /** the box's clock, epoch ms */
  readonly now: number;
  readonly build?: BuildDates;
}

const Stock = Updater as unknown as new (options: UpdaterOptions) => Tuf;

/** An updater for one refresh and the look-ups after it. @throws what tuf-js throws for a bad root */
export function openTuf(inputs: TufInputs): Tuf & { cause(error: unknown): unknown } {
  const { files } = inputs;
  let last: unknown = null;

  class InMemory extends Stock {
    override loadLocalMetadata(role: string): Buffer {
      const bytes = files.get(role);
      if (!bytes) throw new Error(`no ${role} yet`);
      return bytes;
    }

    override persistMetadata(role: string, bytes: Buffer): void {
      files.set(role, Buffer.from(bytes));
    }

    /** All roots are known by now, so it is known whose issue times count. */
    override async loadTimestamp(): Promise<void> {
      this.#setTime(trustedIssue(this.trustedSet.root, files));
      await super.loadTimestamp();
      const { root, timestamp } = this.trustedSet;
      if (timestamp) this.#setTime(issuedAt(timestamp.signed, root.signed));
    }

    #setTime(issued: number): void {
      this.trustedSet.referenceTime = new Date(referenceTime(inputs.now, issued, inputs.build));
    }

    /** tuf-js makes one text of some errors; this is what was thrown first. */
    cause(error: unknown): unknown {
      return last !== null && oneLine(error).startsWith('Unable to load') ? last : error;
    }
  }

  const remembered = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const { fetcher } = inputs;
  const tuf = new InMemory({
    metadataDir: '',
    metadataBaseUrl: inputs.metadataUrl,
    fetcher: {
      downloadBytes: (url, limit) => remembered(() => fetcher.downloadBytes(url, limit)),
      downloadFile: (url, limit, handler) => remembered(() => fetcher.downloadFile(url, limit, handler)),
    },
  });
  rememberFaults(tuf.trustedSet, (error) => {
    last = error;
  });
  return tuf;
}

/** Lets us see a verification's own error before it is made text. */
function rememberFaults(set: TrustedSet, saw: (error: unknown) => void): void {
  const methods = set as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ['updateSnapshot', 'updateDelegatedTargets']) {
    const method = methods[name]!.bind(set);
    methods[name] = (...args) => {
      try {
        return method(...args);
      } catch (error) {
        saw(error);
        throw error;
      }
    };
  }
}

/** The issue time of the timestamp we hold, as far as the present root still trusts who signed it. */
function trustedIssue(root: Metadata<Root>, files: Files): number {
  const timestamp = parsed('timestamp', files.get('timestamp'));
  if (!timestamp) return 0;
  try {
    root.verifyDelegate('timestamp', timestamp);
    return issuedAt(timestamp.signed, root.signed);
  } catch {
    return 0;
  }
}
