import test from 'ava';
import { CLOCK_FLOOR, type ClockQuality, putRight, shiftOf } from '../../contract/index.ts';
import { Boots } from './boots.ts';
import { SatelliteClock } from './satellite-clock.ts';
import { SteadyTime } from './steady.ts';

const NOW = Date.UTC(2026, 10, 28, 8);
const YEARS = 10 * 365.25 * 86_400_000;

/** A system whose clock is set at will. */
class System {
  readonly boot = 'boot';
  offset: number;
  ms = 0;
  state: ClockQuality = 'unknown';
  constructor(offset: number) {
    this.offset = offset;
  }
  readonly wall = () => this.ms + this.offset;
  readonly mono = () => this.ms;
  readonly quality = () => this.state;
}

test('a boot is known once its clock is, better once a service vouches for it, anew once it was set; drift is nothing', (t) => {
  const boots = new Boots([{ boot: 'a', nr: 7, anchor: null }], 'b');
  t.deepEqual(boots.current, { boot: 'b', nr: 8, anchor: null });
  t.false(boots.observe(5000, 5000, 'unknown'));
  t.is(boots.anchorOf('b'), null);
  t.true(boots.observe(NOW, 10_000, 'held'));
  t.false(boots.observe(NOW + 60_500, 70_000, 'held'));
  t.true(boots.observe(NOW + YEARS, 80_000, 'held'));
  t.true(boots.observe(NOW + 80_000, 90_000, 'synced'));
  // A clock that nobody vouches for any more knows nothing better.
  t.false(boots.observe(NOW - YEARS, 100_000, 'held'));
  t.deepEqual(boots.anchorOf('b'), { offset: NOW - 10_000, clock: 'synced' });
  t.is(boots.anchorOf('a'), null);
  // The same boot goes on after a restart of the program.
  const again = new Boots(boots.all, 'b');
  t.is(again.current.nr, 8);
  t.deepEqual(again.anchorOf('b'), boots.anchorOf('b'));
  let many = new Boots([], 'boot 0');
  for (let i = 1; i < 100; i++) many = new Boots(many.all, `boot ${i}`);
  t.is(many.all.length, 64);
  t.is(many.current.nr, 100);
  t.is(many.told.length, 4);
});

test('what was stamped in ignorance is put right by the anchor; times from elsewhere stay', (t) => {
  const anchor = { offset: NOW - 10_000, clock: 'synced' } as const;
  const shift = shiftOf({ at: 5000, mono: 5000, clock: 'unknown' }, anchor);
  t.is(5000 + shift, NOW - 5000);
  t.is(putRight(4000, 5000, shift), NOW - 6000);
  t.is(putRight(NOW - 6000, 5000, shift), NOW - 6000);
  t.is(shiftOf({ at: 5000, mono: 5000, clock: 'synced' }, anchor), 0);
  t.is(shiftOf({ at: 5000, mono: 5000, clock: 'unknown' }, null), 0);
  t.is(shiftOf({ at: 5000, mono: 5000, clock: 'held' }, { ...anchor, clock: 'held' }), 0);
});

test('satellites put a clock right that stands in 1970, but not by one wrong date; a vouched one is left alone', (t) => {
  const system = new System(0);
  const clock = new SatelliteClock(system);
  const second = (utc: number) => {
    system.ms += 1000;
    clock.tell(utc);
  };
  const utc = (late = 0) => NOW + system.ms + 1000 - late;
  t.is(clock.quality(), 'unknown');
  second(utc() + YEARS);
  for (let i = 0; i < 4; i++) second(utc(i === 2 ? 0 : 400));
  t.is(clock.quality(), 'unknown');
  t.is(clock.wall(), system.ms);
  second(utc(400));
  t.is(clock.quality(), 'synced');
  t.is(clock.wall(), NOW + system.ms);
  // Outliers, a receiver that stands still, and dates that cannot be.
  second(utc() - YEARS);
  second(CLOCK_FLOOR - 1);
  const stuck = utc();
  for (let i = 0; i < 20; i++) second(stuck);
  t.true(Math.abs(clock.wall() - (NOW + system.ms)) < 2000);
  system.ms += 2 * 3_600_000;
  t.is(clock.quality(), 'held');
  t.true(Math.abs(clock.wall() - (NOW + system.ms)) < 2000);
  system.state = 'held';
  system.offset = -YEARS;
  t.is(clock.quality(), 'held');
  system.state = 'synced';
  system.offset = NOW + 500;
  system.ms += 2000;
  t.is(clock.wall(), system.wall());
});

test('a time for judging is never set; told times follow the clock, those from elsewhere stay', (t) => {
  const system = new System(0);
  const steady = new SteadyTime(system);
  system.ms = 5000;
  t.is(steady.now(), 5000);
  t.is(steady.told(4000), 4000);
  for (const jump of [NOW, NOW + YEARS, NOW - YEARS, -YEARS]) {
    system.offset = jump;
    t.is(steady.now(), 5000);
    t.is(steady.told(4000), Math.max(0, jump + 4000));
    t.is(steady.told(jump + 4500), jump + 4500);
  }
  system.offset = 30_000;
  t.is(steady.told(4000), 4000);
});
