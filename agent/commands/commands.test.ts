import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';
import type { Command, Reply } from '../../contract/index.ts';
import { finish, node24, ROOT, tempDir } from '../../test/chain-rig.ts';
import type { Handler } from './index.ts';
import { Ledger } from './ledger.ts';
import { box, bytes, command, NOW } from './testing.ts';
import { Refusal } from './types.ts';

/** Handlers that wait until they are told to go on. */
class Gate {
  readonly begun: string[] = [];
  #open: (() => void)[] = [];
  readonly handler: Handler = async ({ id }) => {
    this.begun.push(id);
    await new Promise<void>((go) => this.#open.push(go));
    return { n: this.begun.length };
  };
  open(): void {
    for (const go of this.#open.splice(0)) go();
  }
}

test('done once: the same id again is the same answer, byte for byte, also for another program', async (t) => {
  let runs = 0;
  const texts: string[] = [];
  const more = {
    handlers: { ping: async () => ({ run: ++runs }) },
    answer: (_: string, text: string) => void texts.push(text),
  };
  const first = box(t, more);
  const one = command();
  for (let i = 0; i < 3; i++) {
    first.commands.take(bytes(one));
    await first.commands.settled();
  }
  await first.commands.close();
  const second = box(t, more, first.dir);
  second.clock.now += 1e9;
  second.commands.take(bytes({ ...one, params: { other: 1 } }));
  await second.commands.settled();
  t.is(runs, 1);
  t.is(texts.length, 4);
  t.is(new Set(texts).size, 1);
  t.like(JSON.parse(texts[0]!), { state: 'done', at: NOW, clock: 'held', result: { run: 1 } });
  t.is(first.commands.counters().repeated, 2);
});

test('killed with kill -9 anywhere: after the end is written it is told the same, before it runs again', async (t) => {
  const text = JSON.stringify(command());
  const child = (dir: string, when: string) =>
    finish(node24, [join(ROOT, 'test/commands-child.ts'), dir, when, text]).then(({ stdout }) =>
      stdout.trim().split('\n'),
    );
  for (const [when, runsAfter] of [
    ['begun', 1],
    ['kept', 1],
    ['written', 0],
  ] as const) {
    const dir = tempDir(t);
    const killed = await child(dir, when);
    t.is(killed.length, 1, when);
    const after = await child(dir, 'never');
    const [ran, answer] = [after.filter((line) => /^run/.test(line)), after.filter((line) => /^answer/.test(line))];
    t.is(ran.length, runsAfter, when);
    t.is(answer.length, 1, when);
    // What the killed one had made is what is told: nothing is made twice.
    const maker = (when === 'begun' ? ran : killed)[0]?.slice(4);
    t.is((JSON.parse(answer[0]!.slice(7)) as Reply).result?.['made'], `made by ${maker}`, when);
    t.deepEqual(await child(dir, 'never'), [answer[0], 'ended'], when);
  }
});

test('a command that comes late does nothing and says so; the moment counts when it is its turn', async (t) => {
  const gate = new Gate();
  const { ask, commands, answers, clock } = box(t, { handlers: { ping: gate.handler } });
  t.like(await ask({ expires: NOW }), { state: 'expired', reason: 'came 0.0 s too late; nothing was done' });
  t.like(await ask({ expires: NOW - 90_000 }), { state: 'expired', reason: 'came 90.0 s too late; nothing was done' });
  const [first, second] = [command({ expires: NOW + 1 }), command({ expires: NOW + 1 })];
  commands.take(bytes(first));
  commands.take(bytes(second));
  clock.now += 5000;
  gate.open();
  await commands.settled();
  t.deepEqual(
    answers.slice(2).map(({ id, state }) => [id, state]),
    [
      [first.id, 'done'],
      [second.id, 'expired'],
    ],
  );
  t.deepEqual(gate.begun, [first.id]);
});

test('with an unknown clock what depends on time is refused, and all else is done', async (t) => {
  const { ask, clock } = box(t);
  clock.quality = 'unknown';
  clock.now = 5000;
  t.like(await ask({ expires: NOW }), { state: 'refused', clock: 'unknown', at: 5000 });
  t.regex((await ask({ guard: { boot: 'boot-1' } }))?.reason ?? '', /unknown clock/);
  t.like(await ask(), { state: 'done', clock: 'unknown' });
});

test('guards: all that is named must hold, and a condition of a later version is not true', async (t) => {
  const { ask } = box(t);
  const state = async (guard: object) => (await ask({ guard } as Partial<Command>))?.state;
  t.is(await state({ boot: 'boot-1', version: '1.2', profile: 'p1', case: { id: 'case-1', state: 'open' } }), 'done');
  t.is(await state({ boot: 'boot-0' }), 'guard-failed');
  t.is(await state({ version: '1.3' }), 'guard-failed');
  t.is(await state({ profile: 'p2' }), 'guard-failed');
  t.is(await state({ boot: 'boot-1', case: { id: 'case-2', state: 'open' } }), 'guard-failed');
  const { commands, answers } = box(t);
  commands.take(bytes({ ...command(), guard: { weather: 'dry' } }));
  t.like(answers[0], { state: 'refused' });
});

test('a newer one of the same key makes an older one void that has not begun, in whatever order they come', async (t) => {
  const gate = new Gate();
  const { commands, answers, dir } = box(t, { handlers: { ping: gate.handler } });
  const [a, b, c, d] = [1, 2, 3, 4].map((order) => command({ replaces: 'light', order }));
  const other = command({ replaces: 'lamp', order: 1 });
  // a begins; b waits; d takes the place of b; c is older than d.
  for (const one of [a, b, other, d, c]) commands.take(bytes(one));
  t.deepEqual(
    answers.map(({ id, state }) => [id, state]),
    [
      [b!.id, 'replaced'],
      [c!.id, 'replaced'],
    ],
  );
  for (let i = 0; i < 3; i++) {
    gate.open();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await commands.settled();
  t.deepEqual(gate.begun, [a!.id, other.id, d!.id]);
  await commands.close();
  const later = box(t, {}, dir);
  t.like(await later.ask({ replaces: 'light', order: 3 }), { state: 'replaced' });
  t.like(await later.ask({ replaces: 'light', order: 5 }), { state: 'done' });
});

test('what comes from outside stops nothing: it is counted, and answered where it says who it is', async (t) => {
  const { commands, answers, faults, ask } = box(t);
  const good = command();
  const bad = [
    Buffer.alloc(0),
    Buffer.from('null'),
    Buffer.from('{"v":1'),
    Buffer.from([0xff, 0xfe, 0x00]),
    randomBytes(5000),
    bytes({ ...good, device: 'box-2' }),
    bytes({ ...good, kind: 'reply' }),
    bytes({ ...good, id: '../../etc' }),
    bytes({ ...good, params: { x: 'y'.repeat(17_000) } }),
    Buffer.from(`${'['.repeat(8000)}${']'.repeat(8000)}`),
  ];
  for (const payload of bad) commands.take(payload);
  t.is(commands.counters().bad, bad.length);
  t.is(faults.length, bad.length);
  t.deepEqual(answers, []);

  const answered: [object, RegExp][] = [
    [{ v: 2 }, /^v: /],
    [{ name: 'UPPER' }, /^name: /],
    [{ order: 'x' }, /^order: /],
    [{ params: [] }, /^params: /],
    [{ name: 'constructor' }, /^unknown kind$/],
    [{ name: 'self-destruct' }, /^unknown kind$/],
    [{ params: { loud: true } }, /^parameters: /],
    [{ name: 'snapshot' }, /nothing to do it with/],
  ];
  for (const [more, why] of answered) {
    const given = { ...command(), ...more };
    commands.take(bytes(given));
    await commands.settled();
    t.is(answers.at(-1)?.id, given.id);
    t.like(answers.at(-1), { state: 'refused' });
    t.regex(answers.at(-1)?.reason ?? '', why);
  }
  t.like(await ask(), { state: 'done' });
});

test('a handler that throws, refuses, hangs or says too much ends its command and no other', async (t) => {
  const how: Record<string, Handler> = {
    throws: async () => {
      throw new Error('broken\nlamp');
    },
    refuses: async () => {
      throw new Refusal('not today');
    },
    hangs: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal))),
    shouts: async () => ({ text: 'x'.repeat(20_000) }),
  };
  let next = '';
  const { ask } = box(t, { handlers: { ping: (one, context) => how[next]!(one, context) } });
  next = 'throws';
  t.like(await ask(), { state: 'failed', reason: 'broken lamp' });
  next = 'refuses';
  t.like(await ask(), { state: 'refused', reason: 'not today' });
  next = 'hangs';
  t.like(await ask({ deadline_s: 1 }), { state: 'failed', reason: 'not done within 1 s' });
  next = 'shouts';
  t.like(await ask(), { state: 'failed', reason: 'it was done, but its result is too large to be told' });
});

test('the queue is bounded; what it does not take is no end, and is done when it comes again', async (t) => {
  const gate = new Gate();
  const { commands, answers, faults } = box(t, { handlers: { ping: gate.handler } });
  const given = Array.from({ length: 40 }, () => command());
  for (const one of given) commands.take(bytes(one));
  t.is(faults.length, 7);
  t.true(faults.every(({ code }) => code === 'COMMANDS_BUSY'));
  const done = commands.settled();
  const pump = setInterval(() => gate.open(), 1);
  await done;
  t.is(answers.length, 33);
  commands.take(bytes(given[39]));
  await commands.settled();
  clearInterval(pump);
  t.is(answers.at(-1)?.id, given[39]?.id);
});

test.serial(
  'an end the disk does not take is not told and not run again: it is written when the command comes again',
  async (t) => {
    let runs = 0;
    const { commands, answers, faults } = box(t, { handlers: { ping: async () => ({ run: ++runs }) } });
    const one = command();
    const { end } = Ledger.prototype;
    Ledger.prototype.end = () => {
      throw new Error('disk full');
    };
    try {
      commands.take(bytes(one));
      await commands.settled();
    } finally {
      Ledger.prototype.end = end;
    }
    t.deepEqual(answers, []);
    t.regex(faults[0]?.message ?? '', /disk full/);
    commands.take(bytes(one));
    t.like(answers[0], { state: 'done', result: { run: 1 } });
    t.is(runs, 1);
  },
);
