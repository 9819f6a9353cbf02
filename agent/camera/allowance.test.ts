import test from 'ava';
import { Allowance } from './allowance.ts';

/** Looks at a steady pace on so many workers, each inference of so many ms. @returns crops of each second */
function run(allowance: Allowance, seconds: readonly number[], { rate = 4, ms = 50, wished = 2 } = {}): number[] {
  return seconds.map((second) => {
    let crops = 0;
    for (let i = 0; i < rate; i++) {
      const granted = allowance.take('one', second * 1000 + (i * 1000) / rate, wished, 1000);
      allowance.spent(ms * (1 + granted), granted, ms);
      crops += granted;
    }
    return crops;
  });
}

const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);

test('crops come slowly where there is time, up to all that is wished', (t) => {
  const crops = run(new Allowance(() => 2), seconds(0, 20));
  t.is(crops[0], 0);
  t.true(
    crops.slice(1).every((n, i) => n >= crops[i]!),
    `${crops}`,
  );
  t.true(sum(crops.slice(0, 3)) <= 4, `${crops}`);
  t.deepEqual(new Set(crops.slice(12)), new Set([8]));
});

test('a look that is late ends them at once, and they come back slowly', (t) => {
  const allowance = new Allowance(() => 2);
  run(allowance, seconds(0, 20));
  allowance.late(20_000);
  const crops = run(allowance, seconds(20, 40));
  t.is(crops[0], 0);
  t.true(sum(crops.slice(0, 3)) <= 4, `${crops}`);
  t.is(crops.at(-1), 8);
});

test('busy workers give none; with crops they are busy for no more than their room', (t) => {
  // 18 looks a second of 100 ms keep two workers busy for nine tenths
  t.is(sum(run(new Allowance(() => 2), seconds(0, 30), { rate: 18, ms: 100 })), 0);
  // 6 looks a second of 100 ms: three tenths, so three tenths are left: 6 crops a second of the 12 that are wished
  const crops = run(new Allowance(() => 2), seconds(0, 40), { rate: 6, ms: 100 });
  t.true(Math.abs(sum(crops.slice(20)) - 6 * 20) <= 8, `${crops}`);
});

test('crops take no longer together than they may', (t) => {
  const allowance = new Allowance(() => 16);
  run(allowance, seconds(0, 20));
  const granted = (left_ms: number) => allowance.take('one', 20_000, 8, left_ms);
  t.deepEqual([250, 100, 99, 40, 0, -100].map(granted), [5, 2, 1, 0, 0, 0]);
});

test('crops that were granted and not made give their time back', (t) => {
  const allowance = new Allowance(() => 1);
  let asked = 0;
  for (let i = 0; i < 400; i++) {
    asked += allowance.take('one', i * 250, 2, 1000);
    allowance.spent(50, 2, 50);
  }
  t.true(asked > 600, `${asked}`);
});

test('two cameras get their share, though one always asks first', (t) => {
  const allowance = new Allowance(() => 1);
  const got = { first: 0, second: 0 };
  for (let i = 0; i < 600; i++) {
    for (const [n, who] of (['first', 'second'] as const).entries()) {
      const granted = allowance.take(who, i * 250 + n, 1, 1000);
      allowance.spent(60 * (1 + granted), granted, 60);
      if (i > 100) got[who] += granted;
    }
  }
  t.true(got.first + got.second > 100 && Math.abs(got.first - got.second) <= 4, JSON.stringify(got));
});

test('a clock that is set back, or stands still, gives nothing for nothing', (t) => {
  const allowance = new Allowance(() => 2);
  run(allowance, seconds(100, 120));
  const back = run(allowance, seconds(0, 20));
  t.is(back[0], 0);
  t.is(back.at(-1), 8);
  // frames of several cameras come a little out of order
  t.is(run(allowance, [18])[0], 8);
  const standing = run(
    allowance,
    Array.from({ length: 50 }, () => 20),
  );
  t.is(standing.at(-1), 0, `${standing}`);
});
