// agent/main/updates: joins the box to its repository: what can be exchanged here, the manager, the signed reports.
// In: the configuration, the roles' kinds. Out: a state for the page, reports into the outbox. Never: a fault of updates that
// stops anything else.
import { join } from 'node:path';
import { KerbError, type Report } from '../../../contract/index.ts';
import {
  deviceKey,
  type Installed,
  openUpdater,
  Reporter,
  releaseKind,
  type UpdateKind,
  UpdateManager,
  type UpdatesView,
} from '../../../ota/device/index.ts';
import type { Box } from '../../config/box.ts';
import type { Clock } from '../../health/clock.ts';
import type { Outbox } from '../../outbox/index.ts';
import type { Log } from '../log.ts';
import { VERSION } from '../version.ts';
import type { Pushed } from './pushed.ts';

export interface UpdatesOptions {
  readonly box: Box;
  readonly data: string;
  readonly installed: Installed | null;
  readonly clock: Clock;
  readonly pushed: Pushed;
  /** of the roles that this box has */
  readonly kinds: readonly UpdateKind[];
  readonly outbox: Pick<Outbox, 'append'>;
  /** cases on their way into the same lane */
  readonly book: { handOver(): Promise<void>; readonly waiting: number } | null;
  readonly onChange: () => void;
  readonly onFault: (error: unknown) => void;
  readonly log: Log;
}

export interface Updates {
  view(): UpdatesView;
  /** a message on down/desired */
  poke(payload: Uint8Array): void;
  close(): Promise<void>;
}

/** Begins to keep the box up to date. @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL where its key cannot be kept */
export async function openUpdates(options: UpdatesOptions): Promise<Updates> {
  const { box, clock, pushed, installed, data } = options;
  const { url, root, poll_s, jitter_s } = box.updates!;
  const say = (line: string) => options.log.warn({ part: 'updates' }, line);
  const key = await deviceKey(join(data, 'device.key'), say);
  const release = await releaseKind({ installed, memory: pushed.memory, version: VERSION, arch: process.arch });
  const manager = new UpdateManager({
    open: (bytes, signal) =>
      openUpdater({ dir: join(pushed.folder, 'metadata'), url, now: clock.wall, root: bytes, log: say, signal }),
    root,
    kinds: [...options.kinds, release],
    memory: pushed.memory,
    goods: pushed.goods,
    hardware: `linux-${process.arch}`,
    poll_s,
    jitter_s,
    now: clock.wall,
    random: Math.random,
    changed: () => {
      options.onChange();
      reporter.changed();
    },
    log: (line) => options.log.info({ part: 'updates' }, line),
  });
  const reporter = new Reporter({
    device: box.device,
    key,
    memory: pushed.memory,
    now: clock.wall,
    boot: clock.boot,
    clock: clock.quality,
    slot: installed?.slot ?? null,
    view: () => {
      const { versions, items, fault } = manager.view();
      return { versions, items: [...items], ...(fault ? { fault: { code: fault.code, what: fault.what } } : {}) };
    },
    keep: (report) => keep(report, options),
    log: (line) => options.onFault(new Error(line)),
  });
  reporter.changed();
  manager.start();
  return {
    view: () => manager.view(),
    poke: (payload) => manager.poke(payload),
    async close() {
      await manager.stop();
      await reporter.close();
    },
  };
}

/**
 * Into the outbox. A report shares its lane with cases, and what a half handed-over case remembers of its place must not be
 * taken by a report: cases go first.
 */
async function keep(report: Report, { outbox, book }: Pick<UpdatesOptions, 'outbox' | 'book'>): Promise<void> {
  await book?.handOver();
  if (book && book.waiting > 0) {
    throw new KerbError('REPORT_LATER', 'cases wait for the outbox', 'report', 'it is tried again');
  }
  await outbox.append('case', { kind: 'report', text: JSON.stringify(report), stringified: true });
}
