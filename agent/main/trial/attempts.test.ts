// A day since a trial that chose nothing: by the time since boot, or by a clock that was right both times; never by less.
import { join } from 'node:path';
import test from 'ava';
import { scratch } from '../../../models/testing.ts';
import { Attempts } from './attempts.ts';
import { DAY_MS, SetClock } from './testing.ts';

const HOUR_MS = 3600_000;

/** [what, what happens after the attempt, whether a day has passed] */
const TABLE: [string, (clock: SetClock) => void, boolean][] = [
  ['at once', () => {}, false],
  ['an hour less than a day later', (clock) => clock.pass(DAY_MS - HOUR_MS), false],
  ['a day later', (clock) => clock.pass(DAY_MS), true],
  ['after a restart of the box', (clock) => boot(clock, 0), false],
  ['after a restart and a day by a good clock', (clock) => boot(clock, DAY_MS), true],
  [
    'after a restart, by a clock that nobody vouches for',
    (clock) => {
      boot(clock, 50 * 365 * DAY_MS);
      clock.good = 'held';
    },
    false,
  ],
  ['after a restart with a clock that went back by years', (clock) => boot(clock, -30 * 365 * DAY_MS), false],
  [
    'a day after a restart, whatever the clock says',
    (clock) => {
      boot(clock, -30 * 365 * DAY_MS);
      clock.good = 'unknown';
      clock.since = DAY_MS;
    },
    true,
  ],
  [
    'a clock that was set forward within the same boot',
    (clock) => {
      clock.at += 10 * DAY_MS;
    },
    false,
  ],
];

function boot(clock: SetClock, later_ms: number): void {
  clock.boot = 'boot-2';
  clock.since = 60_000;
  clock.at += later_ms;
}

for (const [what, happens, passed] of TABLE) {
  test(`a day has ${passed ? '' : 'not '}passed: ${what}`, async (t) => {
    const file = join(await scratch(t), 'state/attempts.json');
    const clock = new SetClock();
    await new Attempts(file, clock).begin('card');
    happens(clock);
    const later = new Attempts(file, clock);
    const attempt = later.of('card');
    if (!attempt) return t.fail('it was written down before the trial began');
    t.is(attempt.why, null);
    t.is(later.dayPassed(attempt), passed);
  });
}

test('a time of a clock that was wrong when it began says nothing later', async (t) => {
  const file = join(await scratch(t), 'attempts.json');
  const clock = new SetClock();
  clock.at = 1000;
  clock.good = 'unknown';
  await new Attempts(file, clock).begin('card');
  boot(clock, Date.UTC(2026, 7, 1));
  clock.good = 'synced';
  const later = new Attempts(file, clock);
  t.false(later.dayPassed(later.of('card')!));
});

test('each card has its own; one that chose is forgotten', async (t) => {
  const file = join(await scratch(t), 'attempts.json');
  const clock = new SetClock();
  const attempts = new Attempts(file, clock);
  await attempts.begin('one');
  await attempts.begin('two');
  await attempts.failed('one', 'no memory');
  await attempts.forget('two');
  const later = new Attempts(file, clock);
  t.is(later.of('one')?.why, 'no memory');
  t.is(later.of('two'), null);
});
