import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { type Command, commandSchema, type KerbError, type Reply, replySchema } from '../../contract/index.ts';
import { finish, node24, ROOT, tempDir } from '../../test/chain-rig.ts';
import {
  Commands,
  type CommandsOptions,
  drainRateHandler,
  type Handler,
  pingHandler,
  snapshotHandler,
} from './index.ts';
import { judge } from './judge.ts';
import { Ledger, MAX_ENDED } from './ledger.ts';
import { Refusal } from './types.ts';

const NOW = 1_800_000_000_000;

let made = 0;
const command = (more: Partial<Command> = {}): Command =>
  commandSchema.parse({
    v: 1,
    kind: 'command',
    id: `c${++made}`,
    device: 'box-1',
    name: 'ping',
    at: NOW,
    order: made,
    ...more,
  });
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

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

function box(t: ExecutionContext, more: Partial<CommandsOptions> = {}, dir = tempDir(t)) {
  const answers: Reply[] = [];
  const faults: KerbError[] = [];
  const clock = { now: NOW, quality: 'held' as Reply['clock'] };
  const commands = new Commands({
    device: 'box-1',
    dir,
    clock: { wall: () => clock.now, mono: () => performance.now(), quality: () => clock.quality },
    facts: {
      boot: 'boot-1',
      version: '1.2',
      profiles: () => ['p1'],
      caseState: (id) => (id === 'case-1' ? 'open' : null),
    },
    handlers: { ping: async () => ({ pong: true }) },
    answer: (id, text) => {
      const reply = replySchema.parse(JSON.parse(text));
      t.is(reply.id, id);
      answers.push(reply);
    },
    onFault: (fault) => faults.push(fault),
    ...more,
  });
  t.teardown(() => commands.close());
  const ask = async (value: Partial<Command> = {}) => {
    const given = command(value);
    commands.take(bytes(given));
    await commands.settled();
    return answers.findLast(({ id }) => id === given.id);
  };
  return { commands, answers, faults, clock, ask, dir };
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

test('the ledger is bounded, durable, and begun anew with a named fault where it is broken', (t) => {
  const dir = tempDir(t);
  const faults: KerbError[] = [];
  const open = () => new Ledger(dir, (fault) => faults.push(fault));
  let ledger = open();
  const end = (n: number) => ledger.end({ id: `c${n}`, key: n % 2 ? 'k' : null, order: n, reply: `{"n":${n}}` });
  for (let n = 1; n <= 20; n++) end(n);
  ledger.close();
  const inside = new DatabaseSync(join(dir, 'commands.db'));
  inside.exec(`WITH RECURSIVE more(n) AS (SELECT 21 UNION ALL SELECT n + 1 FROM more WHERE n < ${MAX_ENDED})
    INSERT INTO ended (id, key, ord, reply) SELECT 'c' || n, NULL, n, '{}' FROM more`);
  inside.close();
  ledger = open();
  end(MAX_ENDED + 1);
  t.is(ledger.reply('c1'), null);
  t.is(ledger.reply('c2'), '{"n":2}');
  t.true(ledger.outdated('k', 1000));
  t.false(ledger.outdated('k', MAX_ENDED + 1));
  end(2);
  t.is(ledger.reply('c2'), '{"n":2}');
  for (let n = 1; n <= 6; n++) ledger.keep(`d${n}`, { text: 't', bytes: Buffer.from([n]) });
  t.deepEqual(
    [1, 2, 3, 6].map((n) => ledger.draft(`d${n}`)?.bytes[0] ?? null),
    [null, null, 3, 6],
  );
  ledger.close();
  writeFileSync(join(dir, 'commands.db'), randomBytes(8192));
  ledger = open();
  t.is(faults[0]?.code, 'COMMANDS_DB_BROKEN');
  t.is(ledger.reply('c2'), null);
  end(7);
  ledger.close();
});

test('ping, drain-rate and snapshot tell what they did', async (t) => {
  const handed: string[] = [];
  const taken: string[] = [];
  let fail = true;
  const picture = {
    id: 'p1',
    at: 7,
    sha256: 'a'.repeat(64),
    jpeg: Buffer.from([1, 2, 3]),
    width: 4,
    height: 3,
    masked: { persons: 1, vehicles: 2 },
  };
  const clock = { wall: () => NOW, mono: () => 90_000, quality: () => 'synced' as const };
  const handlers = {
    ping: pingHandler({ version: '1', boot: 'b', clock, started: 30_000, waiting: async () => ({ case: 2 }) }),
    'drain-rate': drainRateHandler({ setDrainRate: (rate) => (rate === null ? null : Math.max(1000, rate)) }),
    snapshot: snapshotHandler({
      cameras: () => ['cam1', 'cam2'],
      take: async (camera) => {
        taken.push(camera);
        return picture;
      },
      hand: async (id, { sha256 }) => {
        if (fail) throw new Error('the outbox is full');
        handed.push(`${id} ${sha256}`);
      },
    }),
  };
  const { ask } = box(t, { handlers });
  t.deepEqual((await ask())?.result, {
    version: '1',
    boot: 'b',
    uptime_s: 60,
    machine_s: 90,
    clock: 'synced',
    waiting: { case: 2 },
  });
  t.deepEqual((await ask({ name: 'drain-rate', params: { bytes_per_s: 5 } }))?.result, { bytes_per_s: 1000 });
  t.deepEqual((await ask({ name: 'drain-rate', params: { bytes_per_s: null } }))?.result, { bytes_per_s: null });
  t.like(await ask({ name: 'snapshot' }), { state: 'failed', reason: 'the outbox is full' });
  fail = false;
  const done = await ask({ name: 'snapshot', params: { camera: 'cam2' } });
  const { jpeg, id, ...rest } = picture;
  t.deepEqual(done?.result, { evidence: id, camera: 'cam2', ...rest, bytes: jpeg.length });
  t.deepEqual(taken, ['cam1', 'cam2']);
  t.deepEqual(handed, [`${done?.id} ${picture.sha256}`]);
  t.like(await ask({ name: 'snapshot', params: { camera: 'cam3' } }), { state: 'refused' });
});

test('the judgement is one table: what is asked first decides', (t) => {
  const facts = { boot: 'b', version: '1', profiles: () => [], caseState: () => null };
  const state = (more: Partial<Command>, quality: Reply['clock'] = 'held', knows = true) =>
    judge(command(more), { wall: NOW, quality }, facts, () => knows)?.state ?? 'run';
  t.is(state({}), 'run');
  t.is(state({ expires: NOW + 1 }), 'run');
  t.is(state({ expires: NOW, name: 'later' }), 'expired');
  t.is(state({ expires: NOW, guard: { boot: 'x' } }), 'expired');
  t.is(state({ name: 'later', guard: { boot: 'x' } }), 'refused');
  t.is(state({ guard: { boot: 'x' } }, 'unknown'), 'refused');
  t.is(state({ guard: { boot: 'x' } }), 'guard-failed');
  t.is(state({}, 'held', false), 'refused');
});
