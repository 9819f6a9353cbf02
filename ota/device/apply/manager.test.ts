// ota/device/apply: a good's whole way, good and bad, over restarts; and what is said of it.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type Answer, refusedWith, send } from '../../testing.ts';
import { UpdateMemory } from './memory.ts';
import { MAX_STARTS } from './place.ts';
import { madeBox } from './testing.ts';

test('a good is fetched, checked, switched to, proved and kept; the next one takes its place; a restart changes nothing', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  await one.manager.round();
  t.deepEqual(one.kind.calls, ['stage 2', 'check 2', 'switch 2', 'prove 2', 'settle 2']);
  t.like(one.manager.view().items[0], {
    kind: 'profile',
    name: 'street',
    wanted: { counter: 2 },
    running: { counter: 2 },
    result: 'success',
  });
  await one.publish('second');
  await one.publish('third');
  await one.manager.round();
  t.is(one.kind.running.text, 'third');
  t.deepEqual(
    (await readdir(join(one.folder, 'goods'))).sort(),
    ['profile-2', 'profile-4'],
    'the former is kept, no more',
  );
  const two = await one.restart();
  t.like(two.kind.running, { text: 'third', counter: 4 });
  t.like(two.manager.view().items[0], { running: { counter: 4 }, result: 'success' });
  await two.manager.round();
  t.deepEqual(two.kind.calls, []);
  t.like(two.manager.view(), { versions: { targets: 4 }, fault: null });
});

test('a bad good is refused once and for all, what runs is untouched, and the next counter is a new chance', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  await one.manager.round();
  await one.publish('bad');
  await one.manager.round();
  const item = { wanted: { version: '1', counter: 3 }, running: { version: '1', counter: 2 }, result: 'refused' };
  t.like(one.manager.view().items[0], { ...item, code: 'MADE_BAD', reason: 'good: it says MADE_BAD; publish another' });
  t.deepEqual(one.kind.calls.slice(5), ['stage 3', 'check 3', 'close 3']);
  t.deepEqual(await readdir(join(one.folder, 'goods')), ['profile-2'], 'its files go');
  const two = await one.restart();
  t.like(two.manager.view().items[0], { ...item, code: 'MADE_BAD' });
  await two.manager.round();
  t.deepEqual(two.kind.calls, [], 'not tried again');
  await two.publish('better');
  await two.manager.round();
  t.like(two.manager.view().items[0], { running: { counter: 4 }, result: 'success' });
});

test('one that fails its trial gives way to what ran before, and is not tried again', async (t) => {
  const one = await madeBox(t);
  await one.publish('fails');
  await one.manager.round();
  t.deepEqual(one.kind.calls, ['stage 2', 'check 2', 'switch 2', 'prove 2', 'back 2', 'close 2']);
  t.is(one.kind.running.text, 'own');
  t.like(one.manager.view().items[0], {
    running: { version: 'own', counter: null },
    result: 'returned',
    code: 'MADE_FAILS',
  });
  const two = await one.restart();
  await two.manager.round();
  t.deepEqual([two.kind.calls, two.kind.running.text], [[], 'own']);
});

for (const word of ['disk', 'fault']) {
  test(`what is not the good's fault (${word}) is tried again`, async (t) => {
    const one = await madeBox(t);
    await one.publish(word);
    await one.manager.round();
    t.like(one.manager.view().items[0], { result: 'failed', running: { counter: null } });
    one.kind.calls.length = 0;
    await one.manager.round();
    t.deepEqual(one.kind.calls, ['stage 2', 'check 2', 'close 2']);
    for (let i = 0; i <= MAX_STARTS; i++) await one.manager.round();
    t.is(one.manager.view().items[0]?.result, 'failed', 'it is never given up for that');
  });
}

test('a server that gives other bytes than signed: the good fails, heals, and nothing else ran meanwhile', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  const lie: Answer = (request, response) => send(request, response, Buffer.from('fjrst'));
  one.site.answers.set('/targets/*', lie);
  await one.manager.round();
  t.like(one.manager.view().items[0], { result: 'failed', code: 'UPDATE_TARGET_BAD', running: { counter: null } });
  t.deepEqual(one.kind.calls, []);
  one.site.answers.clear();
  await one.manager.round();
  t.like(one.manager.view().items[0], { result: 'success', running: { counter: 2 } });
});

test('metadata that is refused is told by its code, and what runs goes on', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  await one.manager.round();
  const older = await one.shop.copy('older');
  await one.publish('second');
  await one.manager.round();
  one.site.folder = older;
  await one.manager.round();
  t.like(one.manager.view().fault, { code: 'UPDATE_ROLLBACK' });
  t.is(one.kind.running.text, 'second');
  const { since } = one.manager.view().fault!;
  one.box.now += 1000;
  await one.manager.round();
  t.is(one.manager.view().fault?.since, since, 'since when it is so');
  one.site.folder = one.shop.repository;
  await one.manager.round();
  t.is(one.manager.view().fault, null);
});

test('an older counter than one that ran is never taken, also where the memory of what runs is all that is left', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  await one.publish('second');
  await one.manager.round();
  t.is(one.kind.running.text, 'second');
  await rm(join(one.folder, 'goods'), { recursive: true });
  const two = await one.restart();
  t.is(two.kind.running.text, 'own', 'its files are gone: its own run');
  await two.manager.round();
  t.is(two.kind.running.text, 'second', 'they are fetched again');
  await two.memory.change('profile', { highest: 9 });
  const three = await two.restart();
  three.kind.running = { name: 'street', version: 'own', counter: null, text: 'own' };
  await three.manager.round();
  t.deepEqual(three.kind.calls, []);
});

test('memory survives a torn copy, and a good whose trial the box never survives is given up', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  await one.manager.round();
  for (const torn of ['memory-a', 'memory-b']) {
    await writeFile(join(one.folder, torn), 'kerbside-sealed-1 torn');
    const memory = await UpdateMemory.open(one.folder);
    t.is(memory.place('profile').running?.counter, 2, torn);
    await memory.change('profile', {});
  }
  await one.publish('second');
  const attempt = { name: 'street', version: '1', counter: 3, starts: MAX_STARTS, at: 1 };
  const two = await one.restart();
  await two.memory.change('profile', { attempt });
  let told = 0;
  const three = await two.restart({ changed: () => told++ });
  t.is(told, 0, 'whoever makes it may not be ready to hear');
  t.like(three.manager.view().items[0], { wanted: { counter: 3 }, result: 'pending' });
  await three.manager.round();
  t.like(three.manager.view().items[0], { result: 'refused', code: 'UPDATE_STOPPED', running: { counter: 2 } });
  t.deepEqual(three.kind.calls, []);
});

test('no root: it is said, and looked for again at each poll', async (t) => {
  const one = await madeBox(t);
  await one.publish('first');
  await rm(one.box.dir, { recursive: true });
  await one.manager.round();
  t.is(one.manager.view().fault?.code, 'UPDATE_NO_ROOT');
  await writeFile(join(one.folder, 'root.json'), await one.shop.root);
  await one.manager.round();
  t.like(one.manager.view().items[0], { result: 'success', running: { counter: 2 } });
});

test('a hint makes it look, an old one and a bad one do not', async (t) => {
  let looked: () => void = () => {};
  const change = () => {
    if (one?.manager.view().items[0]?.running?.counter === 2) looked();
  };
  const one: Awaited<ReturnType<typeof madeBox>> | undefined = await madeBox(t, { changed: () => change() });
  await one.manager.round();
  const before = one.site.requests.length;
  const hint = (timestamp: unknown) => Buffer.from(JSON.stringify({ v: 1, kind: 'desired', timestamp }));
  for (const bad of ['', '[]', 'x'.repeat(2000), hint(0), hint('7'), Buffer.from([255, 0])]) {
    await refusedWith(t, 'UPDATE_HINT', async () => one.manager.poke(Buffer.from(bad)));
  }
  one.manager.poke(hint(1));
  await one.publish('first');
  t.is(one.site.requests.length, before);
  const done = new Promise<void>((resolve) => {
    looked = resolve;
  });
  one.manager.poke(hint(2));
  await done;
  t.is(one.kind.running.text, 'first');
});
