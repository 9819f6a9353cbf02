// ota/device/apply, for tests: a box whose places are made, and a repository with its keys.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { KerbError } from '../../../contract/index.ts';

import { type Box, folderFor, QUICK, type Shop, type Site, stage, TODAY } from '../../testing.ts';
import { openUpdater } from '../index.ts';
import { GoodsStore } from './goods.ts';
import { type ManagerOptions, UpdateManager } from './manager.ts';
import { UpdateMemory } from './memory.ts';
import type { Candidate, UpdateKind, Version } from './types.ts';

/** A place whose good is a text. What the text says decides how it goes: bad, fails, disk, hang. */
export class MadeKind implements UpdateKind {
  readonly id = 'profile';
  readonly kind = 'profile';
  readonly calls: string[] = [];
  running: Version & { text: string } = { name: 'street', version: 'own', counter: null, text: 'own' };

  /** As a box does at its start: what it remembers and is whole, else its own. */
  async start(memory: UpdateMemory, goods: GoodsStore): Promise<void> {
    const { running } = memory.place(this.id);
    if (!running || !(await goods.whole(running))) return;
    const text = await readFile(join(goods.path(running), running.first), 'utf8');
    this.running = { ...running, text };
  }

  fits(name: string): boolean {
    return name === 'street';
  }

  own(): Version {
    const { name, version, counter } = this.running;
    return { name, version, counter };
  }

  async stage(good: Parameters<UpdateKind['stage']>[0]): Promise<Candidate> {
    const text = await readFile(join(good.folder, good.first), 'utf8');
    const former = this.running;
    const say = (call: string) => void this.calls.push(`${call} ${good.counter}`);
    const fail = (code: string) => new KerbError(code, `it says ${code}`, 'good', 'publish another');
    say('stage');
    return {
      check: async () => {
        say('check');
        if (text.includes('bad')) throw fail('MADE_BAD');
        if (text.includes('disk')) throw fail('UPDATE_DISK_FULL');
        if (text.includes('fault')) throw new Error('a fault of the box');
      },
      switch: async () => {
        say('switch');
        this.running = { name: good.name, version: good.version, counter: good.counter, text };
        return 'runs';
      },
      prove: async () => {
        say('prove');
        if (text.includes('fails')) throw fail('MADE_FAILS');
      },
      back: async () => {
        say('back');
        this.running = former;
      },
      settle: async () => say('settle'),
      close: async () => say('close'),
    };
  }
}

/** Places of its own may need what the box remembers. */
export interface MadeOptions extends ManagerOptions {
  readonly kindsOf: (memory: UpdateMemory) => Promise<UpdateKind[]>;
}

export interface MadeBox {
  readonly shop: Shop;
  readonly site: Site;
  readonly box: Box;
  readonly folder: string;
  readonly kind: MadeKind;
  readonly memory: UpdateMemory;
  readonly goods: GoodsStore;
  readonly manager: UpdateManager;
  readonly log: string[];
  /** publishes this text as the profile `street` */
  publish(text: string): Promise<void>;
  /** the program ends (or dies) and starts again */
  restart(options?: Partial<MadeOptions>): Promise<MadeBox>;
}

/** A repository, and a box that trusts it. */
export async function madeBox(t: ExecutionContext, options: Partial<MadeOptions> = {}): Promise<MadeBox> {
  const { shop, site, box } = await stage(t);
  return start(t, { shop, site, box, folder: await folderFor(t) }, options);
}

async function start(
  t: ExecutionContext,
  world: Pick<MadeBox, 'shop' | 'site' | 'box' | 'folder'>,
  all: Partial<MadeOptions>,
): Promise<MadeBox> {
  const { shop, site, box, folder } = world;
  const { kindsOf, ...options } = all;
  const memory = await UpdateMemory.open(folder);
  const goods = new GoodsStore(join(folder, 'goods'));
  const kind = new MadeKind();
  await kind.start(memory, goods);
  const log: string[] = [];
  const manager = new UpdateManager({
    open: (root, signal) => openUpdater({ dir: box.dir, url: site.url, now: () => box.now, pace: QUICK, root, signal }),
    root: join(folder, 'root.json'),
    kinds: [kind],
    memory,
    goods,
    hardware: 'linux-x64',
    poll_s: 3600,
    jitter_s: 0,
    now: () => box.now,
    random: () => 0,
    changed: () => {},
    log: (line) => log.push(line),
    ...options,
    ...(kindsOf ? { kinds: await kindsOf(memory) } : {}),
  });
  t.teardown(() => manager.stop());
  return {
    ...world,
    kind,
    memory,
    goods,
    manager,
    log,
    publish: async (text) => void (await shop.publish(TODAY, { street: text })),
    restart: async (more = {}) => {
      await manager.stop();
      return start(t, world, { ...all, ...more });
    },
  };
}
