import test from 'ava';
import fc from 'fast-check';
import { KerbError } from '../../contract/errors.ts';
import { Debouncer } from './debounce.ts';
import { FakeBoard } from './fake-pin.ts';
import { openLines } from './lines.ts';
import { openOnoffPin } from './onoff-pin.ts';
import type { LineConfig, LineReading } from './types.ts';

const line = (over: Partial<LineConfig> = {}): LineConfig => ({
  id: 'brush',
  gpio: 17,
  inverted: false,
  debounce_ms: 50,
  pulses: false,
  ...over,
});

test('a level counts once it has stood, with the time of its edge', (t) => {
  const d = new Debouncer(line(), 0, 0);
  t.is(d.edge(1, 100), null);
  t.is(d.due, 150);
  t.is(d.settle(149), null);
  t.deepEqual(d.settle(150), { time: 100, line: 'brush', state: 1 });
  t.is(d.due, null);
});

test('a bounce shorter than the debounce changes nothing', (t) => {
  const d = new Debouncer(line(), 0, 0);
  t.is(d.edge(1, 100), null);
  t.is(d.edge(0, 130), null);
  t.is(d.settle(1000), null);
});

test('a late edge settles what stood before it', (t) => {
  const d = new Debouncer(line(), 0, 0);
  d.edge(1, 100);
  t.deepEqual(d.edge(0, 500), { time: 100, line: 'brush', state: 1 });
  t.deepEqual(d.settle(550), { time: 500, line: 'brush', state: 0 });
});

test('an inverted line is on at level 0', (t) => {
  t.is(new Debouncer(line({ inverted: true }), 0, 0).reading(0).state, 1);
});

test('pulses count rising edges', (t) => {
  const d = new Debouncer(line({ pulses: true, debounce_ms: 0 }), 0, 0);
  const counts = [1, 0, 1, 0, 1].map((level, i) => d.edge(level as 0 | 1, i * 10)?.pulses ?? null);
  t.deepEqual(counts, [1, null, 2, null, 3]);
});

test('a line that is only noise is bounded, and says how much it dropped', (t) => {
  const d = new Debouncer(line({ pulses: true, debounce_ms: 0 }), 0, 0);
  for (let i = 0; i < 30_000; i++) d.edge((i % 2 === 0 ? 1 : 0) as 0 | 1, 500);
  t.is(d.dropped, 20_000);
});

test('what is believed always stood at least the debounce', (t) => {
  const edges = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 120 }), level: fc.constantFrom<0 | 1>(0, 1) }));
  fc.assert(
    fc.property(edges, (list) => {
      const d = new Debouncer(line(), 0, 0);
      const seen: { time: number; level: 0 | 1 }[] = [{ time: 0, level: 0 }];
      const readings: LineReading[] = [];
      let time = 0;
      for (const { gap, level } of list) {
        time += gap;
        if (seen.at(-1)!.level !== level) seen.push({ time, level });
        const reading = d.edge(level, time);
        if (reading) readings.push(reading);
      }
      const last = d.settle(time + 1000);
      if (last) readings.push(last);
      return readings.every((r) => {
        const at = seen.findIndex((s) => s.time === r.time && s.level === r.state);
        const next = seen[at + 1]?.time ?? Number.POSITIVE_INFINITY;
        return at >= 0 && next - r.time >= 50;
      });
    }),
  );
  t.pass();
});

test('fake lines behave as real ones: state at the start, changes, the rest goes on when one cannot be opened', async (t) => {
  const board = new FakeBoard();
  const readings: LineReading[] = [];
  let now = 1000;
  const configs = [
    line({ debounce_ms: 0 }),
    line({ id: 'spray', inverted: true, debounce_ms: 0 }),
    line({ id: 'bad' }),
  ];
  const open = (config: LineConfig) => {
    if (config.id === 'bad') throw new KerbError('GPIO_REFUSED', 'in use', 'line bad', 'free it');
    return board.open(config);
  };
  const lines = await openLines(
    configs,
    open,
    () => now,
    (r) => readings.push(r),
  );
  now = 2000;
  t.true(board.set('spray', 1));
  t.false(board.set('nothing', 1));
  t.deepEqual(readings, [
    { time: 1000, line: 'brush', state: 0 },
    { time: 1000, line: 'spray', state: 0 },
    { time: 2000, line: 'spray', state: 1 },
  ]);
  t.deepEqual(lines.failed, [{ line: 'bad', reason: 'line bad: in use; free it' }]);
  lines.close();
});

test('a machine without GPIO gives a clear error, not a crash', async (t) => {
  const { Gpio } = await import('onoff');
  if (Gpio.accessible) {
    t.pass('this machine has GPIO');
    return;
  }
  const error = await t.throwsAsync(openOnoffPin(line()), { instanceOf: KerbError });
  t.is(error.code, 'GPIO_MISSING');
  t.regex(error.message, /^line brush \(GPIO 17\): this machine has no GPIO/);
});
