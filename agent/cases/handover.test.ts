// agent/cases: every case and every chunk reaches the outbox exactly once, whatever breaks in between.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { type Case, caseSchema, EVIDENCE_CHUNK_BYTES, evidenceChunkSchema } from '../../contract/index.ts';
import { openOutbox } from '../outbox/index.ts';
import { CaseMaker } from './cases.ts';
import { MADE_SITE, MadeLooker, MadeOutbox, madeCodec, madeSighting } from './made.ts';
import { CaseStore } from './store.ts';
import { loadTaxonomy } from './taxonomy.ts';
import type { Outbox } from './types.ts';

const taxonomy = loadTaxonomy();

function maker(store: CaseStore, outbox: Outbox, faults: string[] = []) {
  const looker = new MadeLooker([]);
  const onFault = (fault: { code: string }) => faults.push(fault.code);
  return new CaseMaker({
    device: 'box-1',
    site: MADE_SITE,
    taxonomy,
    looker,
    codec: madeCodec,
    store,
    outbox,
    onFault,
  });
}

const sighting = (n: number) => madeSighting(n, { box: [(n % 10) * 30, Math.floor(n / 10) * 20, 20, 15] });

/** The records of cases and chunks, each named, in the order they lie. */
function names(outbox: MadeOutbox, epoch?: string): string[] {
  return outbox.records
    .filter((record) => epoch === undefined || record.epoch === epoch)
    .map(({ text }) => {
      const { kind, id, chunk } = JSON.parse(text);
      return kind === 'case' ? `case ${id}` : `${kind} ${id} ${chunk}`;
    });
}

test('the chunks of both pictures come first, then the case; what the chunks say is true', async (t) => {
  const outbox = new MadeOutbox();
  const cases = maker(new CaseStore(null), outbox);
  const taken = await cases.take(sighting(1));
  await cases.settled();
  const made = (taken as { case: Case }).case;
  const size = 4 + 320 * 240 * 3;
  const chunks = Math.ceil(size / EVIDENCE_CHUNK_BYTES);
  t.deepEqual(names(outbox), [
    ...made.evidence.flatMap((one) => Array.from({ length: chunks }, (_, n) => `evidence ${one.id} ${n}`)),
    `case ${made.id}`,
  ]);
  for (const { text } of outbox.records.slice(0, -1)) {
    const chunk = evidenceChunkSchema.parse(JSON.parse(text));
    t.like(chunk, { case: made.id, of: chunks, bytes: size });
  }
  t.is(
    outbox.records.slice(0, chunks).reduce((sum, record) => sum + record.bytes, 0),
    size,
  );
  t.is(outbox.records.at(-1)!.text, JSON.stringify(made));
  t.is(cases.waiting, 0);
});

/** Every step that a crash can fall before or after. */
type Step = (at: 'before' | 'after') => void;

function stepped(store: CaseStore, step: Step): CaseStore {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const bound = value.bind(target);
      if (name !== 'intend' && name !== 'handed') return bound;
      return (...args: unknown[]) => {
        step('before');
        const result = bound(...args);
        step('after');
        return result;
      };
    },
  });
}

test('a crash before or after any step of two cases: after the restart all is there once', async (t) => {
  let crashes = 0;
  for (let crashAt = 0; ; crashAt++) {
    const store = new CaseStore(null);
    const outbox = new MadeOutbox();
    let count = 0;
    // Once dead, nothing happens any more.
    const step: Step = () => {
      if (count++ >= crashAt) throw new Error('crash');
    };
    const dying = maker(stepped(store, step), outbox);
    outbox.hook = step;
    await dying.take(sighting(1));
    await dying.take(sighting(2));
    await dying.settled();
    const crashed = count > crashAt;
    // Half of them crash in the recovery too, at the same distance.
    count = 0;
    if (crashAt % 2) await maker(stepped(store, step), outbox).recover();
    outbox.hook = () => {};
    await maker(store, outbox).recover();
    const found = names(outbox);
    t.is(new Set(found).size, found.length, `crash at ${crashAt}: ${found.length - new Set(found).size} doubled`);
    t.is(found.length, 34, `crash at ${crashAt}`);
    t.is(store.waiting, 0);
    if (!crashed) break;
    crashes++;
  }
  t.true(crashes >= 80, `${crashes} places to crash at`);
});

test('what the outbox refuses waits, in order, and goes when it takes again', async (t) => {
  const outbox = new MadeOutbox();
  const faults: string[] = [];
  const cases = maker(new CaseStore(null), outbox, faults);
  let room = 20;
  outbox.hook = (at) => {
    if (at === 'before' && room-- <= 0) throw new Error('full');
  };
  for (const n of [1, 2, 3]) await cases.take(sighting(n));
  await cases.settled();
  t.is(cases.waiting, 2);
  t.true(faults.length > 0 && faults.every((code) => code === 'CASES_HANDOVER'));
  room = 1000;
  await cases.handOver();
  t.is(cases.waiting, 0);
  const found = names(outbox);
  t.is(new Set(found).size, 51);
  t.is(found.length, 51);
});

test('records that were acknowledged and freed meanwhile are not told again', async (t) => {
  for (const crashAfter of [1, 5, 16, 17]) {
    const store = new CaseStore(null);
    const outbox = new MadeOutbox();
    let count = 0;
    outbox.hook = (at) => {
      if (at === 'after' && ++count === crashAfter) throw new Error('crash');
    };
    const dying = maker(store, outbox);
    await dying.take(sighting(1));
    await dying.settled();
    outbox.hook = () => {};
    outbox.freed['evidence'] = 3;
    outbox.freed['case'] = 1;
    await maker(store, outbox).recover();
    t.is(names(outbox).length, 17, `crash after ${crashAfter}`);
    t.is(new Set(names(outbox)).size, 17);
  }
});

test('records that somebody else put there after a crash are not taken for ours', async (t) => {
  const store = new CaseStore(null);
  const outbox = new MadeOutbox();
  outbox.hook = (at, lane) => {
    if (at === 'before' && lane === 'case') throw new Error('crash');
  };
  const dying = maker(store, outbox);
  await dying.take(sighting(1));
  await dying.settled();
  outbox.hook = () => {};
  await outbox.append('case', { kind: 'opaque', text: '{"kind":"opaque","id":"by hand"}' });
  await maker(store, outbox).recover();
  const found = names(outbox).filter((name) => name.startsWith('case '));
  t.is(found.length, 1);
  t.is(store.waiting, 0);
});

test('a lane that was made anew has lost what it held: it is told again there, whole', async (t) => {
  const store = new CaseStore(null);
  const outbox = new MadeOutbox();
  let count = 0;
  outbox.hook = () => {
    if (++count >= 9) throw new Error('crash');
  };
  const dying = maker(store, outbox);
  await dying.take(sighting(1));
  await dying.settled();
  outbox.hook = () => {};
  outbox.epochs['evidence'] = 'e1e1e1e1';
  await maker(store, outbox).recover();
  t.is(names(outbox, 'e1e1e1e1').length, 16);
  t.is(names(outbox, 'c0c0c0c0').length, 1);
});

/** One life of the child: it is killed `ms` after line number `lines` of what it says (0: after its start). */
async function live(dir: string, count: number, lines: number, ms: number): Promise<string[]> {
  const file = fileURLToPath(new URL('../../test/cases-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, dir, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    if (said.length >= lines) timer ??= setTimeout(() => child.kill('SIGKILL'), ms);
  };
  check();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for await (const text of createInterface({ input: child.stdout })) {
    said.push(text);
    check();
  }
  await ended;
  clearTimeout(timer);
  return said;
}

async function contents(dir: string) {
  const outbox = await openOutbox(join(dir, 'outbox'), {
    clock: { wall: () => 0, mono: () => 0, quality: () => 'unknown' },
    bootId: '00000000-0000-4000-8000-000000000000',
    newEpoch: () => 'ffffffff',
  });
  const cases: Case[] = [];
  const chunks = new Map<string, Buffer[]>();
  for await (const { text } of outbox.lane('case').read(1)) cases.push(caseSchema.parse(JSON.parse(text)));
  for await (const { text, bytes } of outbox.lane('evidence').read(1)) {
    const { id, chunk } = evidenceChunkSchema.parse(JSON.parse(text));
    const name = `${id} ${chunk}`;
    chunks.set(name, [...(chunks.get(name) ?? []), bytes!]);
  }
  await outbox.close();
  return { cases, chunks };
}

test('kill -9 at random moments, with the real store and the real outbox: each record exactly once', async (t) => {
  t.timeout(240_000);
  const dir = mkdtempSync(join(tmpdir(), 'kerb-handover-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  let state = 20261123;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const told = new Set<string>();
  const lives = 12;
  let count = 0;
  for (let life = 0; life <= lives; life++) {
    // Each life has a few sightings more to take; the last one is left to end.
    count = 4 * life;
    const lines = Math.floor(random() * 5);
    const ms = random() * (lines === 0 ? 600 : 30);
    const said = await live(dir, count, life === lives ? Number.POSITIVE_INFINITY : lines, ms);
    for (const text of said) {
      if (text.startsWith('fault')) t.fail(text);
      if (text.startsWith('case ')) told.add(text.slice(5));
    }
    if (life === lives) t.is(said.at(-1), 'done');
  }
  const { cases, chunks } = await contents(dir);
  t.is(cases.length, count, 'each case once');
  t.is(new Set(cases.map((one) => one.id)).size, count);
  t.is(new Set(cases.map((one) => one.event)).size, count);
  for (const id of told)
    t.true(
      cases.some((one) => one.id === id),
      `${id} was told and is lost`,
    );
  const pieces = Math.ceil((4 + 320 * 240 * 3) / EVIDENCE_CHUNK_BYTES);
  t.is(chunks.size, count * 2 * pieces);
  t.true(
    [...chunks.values()].every((copies) => copies.length === 1),
    'each chunk once',
  );
  for (const { id, sha256, bytes } of cases.flatMap((one) => one.evidence)) {
    const whole = Buffer.concat(Array.from({ length: pieces }, (_, n) => chunks.get(`${id} ${n}`)![0]!));
    t.is(whole.length, bytes);
    t.is(createHash('sha256').update(whole).digest('hex'), sha256);
  }
  t.is(readdirSync(join(dir, 'pictures')).filter((name) => name.endsWith('.jpg')).length, count * 2);
});
