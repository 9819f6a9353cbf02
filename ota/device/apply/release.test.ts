// ota/device/apply: a release's way into the other slot, with the real launcher under it.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pack } from '../../../deploy/pack.ts';
import { type TarEntry, tar } from '../../../deploy/tar-writer.ts';
import { AGENTS, Box as Machine } from '../../../deploy/testing-launcher.ts';
import { eventually } from '../../../test/chain-rig.ts';
import { readGood } from '../../central/goods.ts';
import { TODAY } from '../../testing.ts';
import { launcherState } from './launcher.ts';
import { releaseKind } from './release-kind.ts';
import { type MadeBox, madeBox } from './testing.ts';

const about = (arch: string) => Buffer.from(JSON.stringify({ arch }));

/** The files of a made slot as a release. */
async function entriesOf(machine: Machine, body: string, arch = process.arch): Promise<TarEntry[]> {
  machine.slot('x', body);
  const folder = join(machine.root, 'opt/x/deploy/slot');
  const names = ['start', 'agent', 'healthy'];
  const programs = await Promise.all(
    names.map(async (name) => ({
      name: `deploy/slot/${name}`,
      data: await readFile(join(folder, name)),
      executable: true,
    })),
  );
  await rm(join(machine.root, 'opt/x'), { recursive: true });
  const node = { name: 'scripts/node24', data: Buffer.from('#!/bin/sh\n'), executable: true };
  return [...programs, node, { name: 'release.json', data: about(arch) }];
}

/** A box installed in slot a, and a way to publish releases to it. */
async function installed(t: ExecutionContext) {
  const machine = new Machine(t, { seconds: 30 }).slot('a', AGENTS.good).state({});
  const places = { opt: join(machine.root, 'opt'), home: join(machine.root, 'home'), run: join(machine.root, 'run') };
  const world = await madeBox(t, { kinds: [] });
  const boot = (slot: 'a' | 'b'): Promise<MadeBox> => {
    const box = { installed: { ...places, slot }, version: '0.0.0', arch: process.arch };
    return world.restart({ kindsOf: async (memory) => [await releaseKind({ ...box, memory })] });
  };
  const publish = async (version: string, entries: TarEntry[], arch = process.arch) => {
    const file = join(world.folder, `kerbside-${version}-${arch}.tar.zst`);
    await pack(tar(entries, 1), file, 'zst');
    await world.shop.publish(TODAY, {}, [await readGood(`agent=${file}`, world.folder)]);
  };
  return { machine, places, world, boot, publish };
}

const itemOf = (box: MadeBox) => box.manager.view().items[0];

test('a release fills the other slot, is tried, committed, and only then a success', async (t) => {
  const { machine, boot, publish, world } = await installed(t);
  machine.launcher.start();
  await machine.runs('a');
  const before = await boot('a');
  await publish('1.2.3', await entriesOf(machine, AGENTS.good));
  const round = before.manager.round();
  await machine.runs('b');
  t.is((await readFile(join(machine.root, 'opt/b/OK'), 'utf8')).trim(), `kerbside-1.2.3-${process.arch}`);
  t.not(itemOf(before)?.result, 'success', 'the old program does not claim it');
  await before.manager.stop();
  await round;
  const after = await boot('b');
  await after.manager.round();
  t.like(itemOf(after), {
    kind: 'agent',
    name: 'kerbside',
    wanted: { version: '1.2.3', counter: 1 },
    running: { version: '1.2.3', counter: 1 },
    result: 'success',
  });
  t.deepEqual(await readdir(join(world.folder, 'goods')), [], 'the packed file is not kept');
  t.deepEqual((await readdir(join(machine.root, 'opt'))).sort(), ['a', 'b']);
});

test('one that crashes comes back: the old slot runs, and the reason is told', async (t) => {
  const { machine, boot, publish } = await installed(t);
  machine.launcher.start();
  await machine.runs('a');
  const before = await boot('a');
  await publish('6.6.6', await entriesOf(machine, AGENTS.crashing));
  const round = before.manager.round();
  await eventually('a result', () => machine.result, 60_000);
  await machine.runs('a');
  await before.manager.stop();
  await round;
  const after = await boot('a');
  await after.manager.round();
  t.like(itemOf(after), {
    wanted: { version: '6.6.6', counter: 1 },
    running: { version: '0.0.0', counter: null },
    result: 'returned',
    code: 'UPDATE_RETURNED',
    reason: 'the agent ended',
  });
  const again = await boot('a');
  await again.manager.round();
  t.is(itemOf(again)?.result, 'returned');
  t.is((await launcherState({ ...(await placesOf(machine)), slot: 'a' })).wanted, false, 'it is not tried again');
});

const placesOf = async ({ root }: Machine) => ({
  opt: join(root, 'opt'),
  home: join(root, 'home'),
  run: join(root, 'run'),
});

test('what is no release for this machine never becomes a slot', async (t) => {
  const { machine, places, boot, publish } = await installed(t);
  const good = await entriesOf(machine, AGENTS.good);
  const without = (name: string) => good.filter((entry) => entry.name !== name);
  const bad: [string, TarEntry[], string][] = [
    ['of another machine', [...without('release.json'), { name: 'release.json', data: about('mips') }], 'UPDATE_ARCH'],
    ['without its paper', without('release.json'), 'UPDATE_LAYOUT'],
    ['without its start', without('deploy/slot/start'), 'UPDATE_LAYOUT'],
    [
      'with a start that cannot run',
      [...without('deploy/slot/start'), { name: 'deploy/slot/start', data: about('x') }],
      'UPDATE_LAYOUT',
    ],
    ['that climbs out', [...good, { name: '../a/evil', data: about('x') }], 'UPDATE_CLIMBS'],
  ];
  const box = await boot('a');
  for (const [i, [what, entries, code]] of bad.entries()) {
    await publish(`9.0.${i}`, entries);
    await box.manager.round();
    t.like(itemOf(box), { result: 'refused', code, running: { version: '0.0.0' } }, what);
    t.deepEqual(await readdir(places.opt), ['a'], what);
    t.is((await launcherState({ ...places, slot: 'a' })).wanted, false, what);
  }
});

test('a checkout takes no release, and fetches none', async (t) => {
  const { world, publish } = await installed(t);
  await publish('1.0.0', [{ name: 'a', data: about('x') }]);
  const kind = await releaseKind({ installed: null, memory: world.memory, version: '0.1.0', arch: process.arch });
  const box = await world.restart({ kinds: [kind] });
  world.site.requests.length = 0;
  await box.manager.round();
  t.like(itemOf(box), { result: 'refused', code: 'UPDATE_CHECKOUT', running: { version: '0.1.0', counter: null } });
  t.regex(itemOf(box)?.reason ?? '', /this is a checkout, not an installed box/);
  t.false(world.site.requests.some((path) => path.startsWith('/targets/')));
});

test('killed between any two steps of taking a slot, the running slot is whole and the way goes on', async (t) => {
  const { machine, places, boot, publish } = await installed(t);
  await publish('1.2.3', await entriesOf(machine, AGENTS.good));
  // what a death may leave behind: half a release, an old slot moved away, a slot without a wish
  for (const left of ['.update', '.old', 'b']) {
    await rm(join(places.opt, left), { recursive: true, force: true });
    machine.slot(left, AGENTS.good);
    await writeFile(join(places.opt, left, 'half'), '');
  }
  const box = await boot('a');
  const round = box.manager.round();
  await eventually('a wish', async () => ((await launcherState({ ...places, slot: 'a' })).wanted ? true : null));
  await box.manager.stop();
  await round;
  t.deepEqual((await readdir(places.opt)).sort(), ['a', 'b']);
  t.false((await readdir(join(places.opt, 'b'))).includes('half'));
  machine.launcher.start();
  await machine.runs('b');
});

test('a release that the disk has no room for is not even fetched, and tried again later', async (t) => {
  const { places, world } = await installed(t);
  const box = { installed: { ...places, slot: 'a' }, memory: world.memory, version: '0', arch: process.arch } as const;
  const kind = await releaseKind(box);
  const file = { path: 'p', length: 2 ** 50, hashes: {}, custom: {}, place: 'p' };
  const wanted = { name: 'kerbside', version: '1', counter: 1, files: [file] };
  await t.throwsAsync(async () => kind.admit?.(wanted), { code: 'UPDATE_DISK_FULL' });
});
