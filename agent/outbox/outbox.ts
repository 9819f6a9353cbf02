// agent/outbox: the durable queue of a box: one folder, one log per lane, one writer. In: records, acks. Out: receipts,
// streams. Everything it needs to know of time, boots and chance is injected.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KerbError, LANES, type Lane, oneLine } from '../../contract/index.ts';
import { parseBoot } from './boot.ts';
import { type LaneBounds, laneBounds } from './bounds.ts';
import { type Disk, fileSystemBytes, realDisk } from './disk.ts';
import { LaneLog, type LaneSettings } from './lane.ts';
import { takeLock } from './lock.ts';
import { survey } from './recover.ts';
import type { BatchReceipt, NewRecord, OutboxClock, OutboxLane, Receipt } from './types.ts';

interface LaneKind {
  delayMs: number;
  evicts: boolean;
}

/** The loss bound of each lane is its delay plus one sync: what is younger is not accepted yet. */
const KINDS: Record<Lane, LaneKind> = {
  alarm: { delayMs: 5, evicts: false },
  case: { delayMs: 5, evicts: false },
  telemetry: { delayMs: 1000, evicts: true },
  evidence: { delayMs: 10, evicts: true },
};

export interface OutboxOptions {
  clock: OutboxClock;
  /** names this boot of the machine: a UUID, as the kernel's boot_id */
  bootId: string;
  /** 8 to 32 random hex digits for a lane that is made anew */
  newEpoch: () => string;
  /** those to open; all by default */
  lanes?: readonly Lane[];
  segmentBytes?: Partial<Record<Lane, number>>;
  /** bytes of segment files a lane may take, at least two segments; by the size of the file system by default */
  quotaBytes?: Partial<Record<Lane, number>>;
  /** bytes set aside for a full disk; by the size of the file system by default, 0 for none */
  reserveBytes?: Partial<Record<Lane, number>>;
  /** how long after a failed try a used reserve is tried again, ms */
  retryMs?: number;
  delayMs?: Partial<Record<Lane, number>>;
  /** where tests break things */
  disk?: Disk;
}

/**
 * Opens (or makes) the outbox in a folder, for this process alone.
 * @throws KerbError OUTBOX_IN_USE, OUTBOX_FOLDER, OUTBOX_BOOT, OUTBOX_DISK_FULL, OUTBOX_DISK_FAULT
 */
export async function openOutbox(dir: string, options: OutboxOptions): Promise<Outbox> {
  const boot = checkedBoot(options.bootId);
  const wanted = options.lanes ?? LANES;
  const disk = options.disk ?? realDisk;
  await makeFolder(dir);
  const release = await takeLock(dir);
  const lanes = new Map<Lane, LaneLog>();
  try {
    for (const lane of wanted) await makeFolder(join(dir, lane));
    await disk.syncDir(dir);
    await disk.syncDir(dirname(dir));
    const diskBytes = await fileSystemBytes(dir);
    for (const lane of wanted) {
      const found = await survey(join(dir, lane), lane, options.clock.wall());
      const { delayMs, evicts } = KINDS[lane];
      const settings: LaneSettings = {
        ...laneBounds(lane, diskBytes, wantedBounds(lane, options)),
        disk,
        clock: options.clock,
        boot,
        delayMs: options.delayMs?.[lane] ?? delayMs,
        spares: 1,
        evicts,
        retryMs: options.retryMs,
        // Only lanes that evict are asked, and they ask nobody: no two can wait for each other.
        beg: evicts ? async () => false : () => makeRoom(lanes),
      };
      lanes.set(lane, await LaneLog.open(found, () => checkedEpoch(options.newEpoch()), settings));
    }
  } catch (error) {
    for (const log of lanes.values()) await log.close().catch(() => {});
    await release();
    throw error;
  }
  return new Outbox(dir, lanes, release);
}

export class Outbox {
  readonly dir: string;
  readonly #lanes: ReadonlyMap<Lane, LaneLog>;
  readonly #release: () => Promise<void>;
  #closing: Promise<void> | null = null;

  /** For `openOutbox`. */
  constructor(dir: string, lanes: ReadonlyMap<Lane, LaneLog>, release: () => Promise<void>) {
    this.dir = dir;
    this.#lanes = lanes;
    this.#release = release;
  }

  /**
   * Hands in a record; resolves once it is on disk (fdatasync has returned), with its place.
   * @throws KerbError OUTBOX_NOT_JSON, OUTBOX_TOO_LARGE, OUTBOX_BUSY (too much waits: slow down), OUTBOX_FULL (quota of a
   * lane that never evicts), OUTBOX_DISK_FULL, OUTBOX_DISK_FAULT, OUTBOX_CLOSED. After each of these the record is not
   * in the log, and the lane goes on.
   */
  append(lane: Lane, record: NewRecord): Promise<Receipt> {
    return this.#log(lane).append(record);
  }

  /**
   * Hands in many at once, numbered in this order without a hole: far cheaper than one by one. Resolves once all are on
   * disk, or as many as could be: the receipt says how many, and which error of `append` the next one met. Never
   * rejects. Who meets OUTBOX_BUSY has waited long enough when this resolves, and hands in the rest.
   */
  appendMany(lane: Lane, records: readonly NewRecord[]): Promise<BatchReceipt> {
    return this.#log(lane).appendMany(records);
  }

  /** Does not wait for more to come: resolves once all records of the lane handed in so far are on disk or refused. */
  flush(lane: Lane): Promise<void> {
    return this.#log(lane).flush();
  }

  /** The reading side of a lane. */
  lane(lane: Lane): OutboxLane {
    return this.#log(lane);
  }

  #log(lane: Lane): LaneLog {
    const log = this.#lanes.get(lane);
    if (!log) throw new KerbError('OUTBOX_LANE', `lane ${lane} was not opened`, this.dir, 'name it in `lanes`');
    return log;
  }

  /** Writes what waits, saves the cursors, lets go of the folder. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await Promise.all([...this.#lanes.values()].map((log) => log.close()));
    } finally {
      await this.#release();
    }
  }
}

/** Room on a full disk for a case: what is kept for later or of no use, then the oldest telemetry. */
async function makeRoom(lanes: ReadonlyMap<Lane, LaneLog>): Promise<boolean> {
  const [telemetry, evidence] = [lanes.get('telemetry'), lanes.get('evidence')];
  if ((await telemetry?.give('spare')) || (await evidence?.give('spare'))) return true;
  return (await telemetry?.give('oldest')) ?? false;
}

function wantedBounds(lane: Lane, { segmentBytes, quotaBytes, reserveBytes }: OutboxOptions): Partial<LaneBounds> {
  const wanted = {
    segmentBytes: segmentBytes?.[lane],
    quotaBytes: quotaBytes?.[lane],
    reserveBytes: reserveBytes?.[lane],
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, bytes]) => bytes !== undefined));
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new KerbError('OUTBOX_FOLDER', oneLine(error), path, 'give a folder that can be written to');
  }
}

function checkedBoot(id: string): Buffer {
  const boot = parseBoot(id);
  if (boot) return boot;
  throw new KerbError('OUTBOX_BOOT', 'a boot id is a UUID', id.slice(0, 40), "give the kernel's boot_id");
}

function checkedEpoch(epoch: string): string {
  if (!/^[0-9a-f]{8,32}$/.test(epoch)) throw new TypeError('an epoch is 8 to 32 hex digits');
  return epoch;
}
