import test from 'ava';
import fc from 'fast-check';
import { isTimeZone, LocalTime, type Window, windowSchema } from './hours.ts';

const shanghai = new LocalTime('Asia/Shanghai');
/** Local time in Shanghai (UTC+8, no summer time) as epoch ms; 2026-11-02 is a Monday. */
const at = (text: string) => Date.parse(`${text}+08:00`);
const window = (value: object): Window => windowSchema.parse(value);

test('local day and minute are those of the city, not of the box', (t) => {
  t.deepEqual(shanghai.at(at('2026-11-02T00:00:30')), { day: 1, minute: 0 });
  t.deepEqual(shanghai.at(at('2026-11-01T23:59:59')), { day: 7, minute: 23 * 60 + 59 });
  t.deepEqual(new LocalTime('UTC').at(at('2026-11-02T00:00:00')), { day: 7, minute: 16 * 60 });
});

const tables: [string, object[], string, boolean][] = [
  ['no window: always', [], '2026-11-02T12:00', true],
  ['inside', [{ from: '07:00', to: '09:00' }], '2026-11-02T07:00', true],
  ['its end is outside', [{ from: '07:00', to: '09:00' }], '2026-11-02T09:00', false],
  ['to midnight', [{ from: '22:00', to: '24:00' }], '2026-11-02T23:59', true],
  ['a day that is not named', [{ days: [6, 7] }], '2026-11-02T12:00', false],
  ['over midnight, the evening', [{ days: [5], from: '22:00', to: '06:00' }], '2026-11-06T23:00', true],
  ['over midnight, the morning after', [{ days: [5], from: '22:00', to: '06:00' }], '2026-11-07T05:59', true],
  ['over midnight, the morning of its day', [{ days: [5], from: '22:00', to: '06:00' }], '2026-11-06T05:00', false],
  ['Sunday night reaches into Monday', [{ days: [7], from: '22:00', to: '06:00' }], '2026-11-02T03:00', true],
  [
    'one of several',
    [
      { from: '07:00', to: '09:00' },
      { from: '17:00', to: '19:00' },
    ],
    '2026-11-02T18:00',
    true,
  ],
];
for (const [title, windows, time, open] of tables) {
  test(title, (t) => {
    t.is(shanghai.open(windows.map(window), at(time)), open);
  });
}

test('a window and what it leaves out of each day make up the day', (t) => {
  const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
  const text = (m: number) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
  fc.assert(
    fc.property(minute, minute, minute, (from, to, now) => {
      fc.pre(from !== to);
      const time = at('2026-11-04T00:00') + now * 60_000;
      const one = shanghai.open([window({ from: text(from), to: text(to) })], time);
      const other = shanghai.open([window({ from: text(to), to: text(from) })], time);
      return one !== other;
    }),
  );
  t.pass();
});

test('times and zones that are none are refused', (t) => {
  for (const wrong of [
    { from: '7:00' },
    { from: '25:00' },
    { from: '08:00', to: '08:00' },
    { days: [0] },
    { days: [] },
  ]) {
    t.false(windowSchema.safeParse(wrong).success, JSON.stringify(wrong));
  }
  t.true(isTimeZone('Asia/Shanghai'));
  t.false(isTimeZone('Asia/Bozhou'));
});
