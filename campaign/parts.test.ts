// The campaign's own judgement has to be able to fail: what is lost, doubled or altered is found; a torn disk keeps what
// was synced and nothing else for certain.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Random } from '../agent/main/drive/random.ts';
import type { Gap } from '../agent/outbox/index.ts';
import type { Lane } from '../contract/index.ts';
import { Ledger } from './ledger.ts';
import { Plan } from './plan.ts';
import { numberOf, picture, recordOf } from './records.ts';
import { tear } from './tear.ts';
import { undoable } from './undo.ts';
import { Verdict } from './verdict.ts';

const EPOCH = 'abcdef01';

function judged(accepted: [Lane, number, number][], held: [Lane, number, string][], gaps: Partial<Gap>[] = []) {
  const ledger = new Ledger();
  for (const [lane, seq, number] of accepted) ledger.take(`A ${lane} ${EPOCH} ${seq} ${number}`);
  const verdict = new Verdict(ledger);
  for (const [lane, seq, text] of held) {
    verdict.takeRecord(`{"device":"d","epoch":"${EPOCH}","lane":"${lane}","seq":${seq},"at":1,"record":${text}}`);
  }
  const whole = gaps.map((gap) => ({ first: 1, last: 1, count: 1, reason: 'quota' as const, at: 1, ...gap }));
  verdict.takeGaps([{ lane: 'telemetry', epoch: EPOCH, gaps: whole }]);
  const { lost, doubled, altered, wrongGaps, evicted, unsaid, emptyGaps } = verdict;
  return [lost.count, doubled.count, altered.count, wrongGaps.count, evicted, unsaid, emptyGaps];
}

test('each lane gives its record, and its text gives its number', (t) => {
  for (const lane of ['alarm', 'case', 'telemetry', 'evidence'] as const) {
    for (const n of [0, 7, 11, 50_003, 90_000_001]) t.is(numberOf(lane, recordOf(lane, n).text), n, `${lane} ${n}`);
  }
  const of = Array.from({ length: 50 }, (_, n) => picture(n)).find(({ chunks }) => chunks > 1)!;
  t.true(of.bytes.length > 12_000);
});

test('what is lost, doubled, altered or gone for no good reason is found', (t) => {
  const text = (n: number) => recordOf('telemetry', n).text;
  const [one, two] = [text(1), text(2)];
  const accepted: [Lane, number, number][] = [
    ['telemetry', 1, 1],
    ['telemetry', 2, 2],
  ];
  const all: [Lane, number, string][] = [
    ['telemetry', 1, one],
    ['telemetry', 2, two],
  ];
  t.deepEqual(judged(accepted, all), [0, 0, 0, 0, 0, 0, 0]);
  t.deepEqual(judged(accepted, all.slice(1)), [1, 0, 0, 0, 0, 0, 0]);
  t.deepEqual(judged(accepted, [...all, ['telemetry', 3, two]]), [0, 1, 0, 0, 0, 1, 0]);
  t.deepEqual(judged(accepted, [...all, ['telemetry', 3, text(3)]]), [0, 0, 0, 0, 0, 1, 0]);
  t.deepEqual(judged(accepted, [all[0]!, ['telemetry', 2, two.replace('900', '901')]]), [0, 0, 1, 0, 0, 0, 0]);
  t.deepEqual(judged(accepted, [all[0]!, ['telemetry', 2, text(5)]]), [0, 0, 1, 0, 0, 0, 0]);
  t.deepEqual(judged(accepted, all.slice(1), [{}]), [0, 0, 0, 0, 1, 0, 0]);
  t.deepEqual(judged(accepted, all.slice(1), [{ reason: 'corrupt' }]), [1, 0, 0, 1, 0, 0, 0]);
  t.deepEqual(judged(accepted, all, [{ reason: 'corrupt', first: 3, last: 4 }]), [0, 0, 0, 0, 0, 0, 1]);
  // A lane that never evicts has no excuse.
  t.deepEqual(judged([['case', 1, 1]], []), [1, 0, 0, 0, 0, 0, 0]);
  const ledger = new Ledger();
  for (const number of [1, 2]) ledger.take(`A case ${EPOCH} 1 ${number}`);
  t.is(ledger.twice.length, 1);
});

test('a torn disk keeps what was synced, and of the rest some, all or nothing', async (t) => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const top = mkdtempSync(join(tmpdir(), 'kerbside-tear-'));
    t.teardown(() => rmSync(top, { recursive: true, force: true }));
    const [dir, log] = [join(top, 'outbox'), join(top, 'undo')];
    mkdirSync(dir);
    const disk = undoable(log, dir, new Random(seed));
    const [a, b] = [join(dir, 'a'), join(dir, 'b')];
    const fd = await disk.open(a, 'w+');
    await disk.write(fd, [Buffer.alloc(4096, 'x')], 0);
    await disk.datasync(fd);
    await disk.syncDir(dir);
    await disk.write(fd, [Buffer.alloc(1024, 'y'), Buffer.alloc(1024, 'z')], 2048);
    await disk.rename(a, b);
    await disk.close(fd);
    tear(log, dir, new Random(seed));
    const name = [a, b].find((path) => {
      try {
        return readFileSync(path).length === 4096;
      } catch {
        return false;
      }
    })!;
    const bytes = readFileSync(name);
    t.true(bytes.subarray(0, 2048).every((byte) => byte === 120));
    const sectors = [4, 5, 6, 7].map((sector) => String.fromCharCode(bytes[sector * 512]!)).join('');
    t.regex(sectors, /^[xy]{2}[xz]{2}$/);
    outcomes.add(`${name === a ? 'a' : 'b'} ${sectors}`);
  }
  t.true(outcomes.size > 6, [...outcomes].join(', '));
  t.true([...outcomes].some((one) => one.includes('xxxx')) && [...outcomes].some((one) => one.startsWith('b')));
});

test('a seed repeats its plan; a dozen steps hold every trouble and every death', (t) => {
  const steps = (seed: number) => {
    const plan = new Plan(new Random(seed, 1));
    return Array.from({ length: 12 }, () => plan.next());
  };
  t.deepEqual(steps(5), steps(5));
  t.notDeepEqual(steps(5), steps(6));
  const troubles = new Set(steps(9).map(({ trouble }) => trouble?.what));
  t.deepEqual([...troubles].map(String).sort(), [
    'case_flood',
    'clock',
    'disk_full',
    'intake_link',
    'link',
    'undefined',
  ]);
  t.deepEqual([...new Set(steps(9).map(({ death }) => death))].sort(), ['cut', 'kill', 'tear']);
});
