// agent/vehicle: whatever is read, in whatever order: nothing throws, points are valid, and the same readings give the
// same outputs. Runs: FC_RUNS, ten thousand readings and more in the usual run.
import test from 'ava';
import fc from 'fast-check';
import { pointSchema } from '../../contract/index.ts';
import { J1939_GROUPS } from '../../drivers/can/index.ts';
import type { Epoch } from '../../drivers/gnss/index.ts';
import { concerns, SIGNALS, signalReadings } from './bus.ts';
import { epoch, events, points, profile, T0 } from './testing.ts';
import { headingChange } from './turn.ts';
import type { Reading } from './types.ts';
import { Vehicle } from './vehicle.ts';

const numRuns = Number(process.env['FC_RUNS'] ?? 200);
const wild = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e300, Number.NaN, Number.POSITIVE_INFINITY));
const maybe = (value: fc.Arbitrary<number>) => fc.option(value, { nil: null });
const speed = maybe(fc.double({ min: 0, max: 400, noNaN: true }));

const anyEpoch: fc.Arbitrary<Epoch> = fc.record({
  time: maybe(fc.integer({ min: T0 - 1e6, max: T0 + 1e6 })),
  mode: fc.constantFrom(0, 1, 2, 3),
  lat: maybe(fc.double({ min: -90, max: 90, noNaN: true })),
  lon: maybe(fc.double({ min: -180, max: 180, noNaN: true })),
  alt: maybe(fc.double({ min: -1e5, max: 1e5, noNaN: true })),
  speed,
  track: maybe(fc.double({ min: 0, max: 360, noNaN: true })),
  hdop: maybe(fc.double({ min: 0, max: 1e4, noNaN: true })),
  satellites: fc.constant([]),
  arrived: fc.constant(null),
  flags: fc.subarray(['frozen', 'jump', 'repeat', 'time-back'] as const),
});

/** Steps of time, mostly on, now and then far back or forth. */
const step = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -1e7, max: 1e7 }) },
);
const what = fc.oneof(
  fc.record({ kind: fc.constant('fix' as const), epoch: anyEpoch }),
  fc.record({
    kind: fc.constant('signal' as const),
    name: fc.constantFrom('speed', 'rpm', 'distance', 'fine_distance', 'engine_s', 'fuel', 'coolant'),
    source: fc.integer({ min: 0, max: 253 }),
    value: maybe(wild),
  }),
  fc.record({
    kind: fc.constant('line' as const),
    reading: fc.record({
      time: wild,
      line: fc.constantFrom('ignition', 'brush', 'ghost'),
      state: fc.constantFrom(0, 1),
    }),
  }),
  fc.record({ kind: fc.constant('tick' as const) }),
);
const readings = fc.array(fc.tuple(step, what), { maxLength: 120 }).map((steps) => {
  let time = T0;
  return steps.map(([ms, one]) => {
    time = Math.max(0, time + ms);
    return { ...one, time } as Reading;
  });
});

test('any readings: valid points, trips that begin before they end, the same twice', (t) => {
  fc.assert(
    fc.property(readings, (list) => {
      const vehicle = new Vehicle(profile());
      const out = list.flatMap((reading) => vehicle.push(reading));
      for (const point of points(out)) pointSchema.parse(point);
      let open = false;
      for (const { what, trip } of events(out)) {
        if (what === 'trip-begin' || what === 'trip-end') {
          if (open !== (what === 'trip-end') || trip === null) throw new Error(`${what} out of turn`);
          open = !open;
        }
      }
      JSON.stringify(vehicle.now(list.at(-1)?.time ?? T0));
      const again = new Vehicle(profile());
      t.deepEqual(
        list.flatMap((reading) => again.push(reading)),
        out,
      );
    }),
    { numRuns },
  );
  t.pass();
});

test('without a bus the odometer never falls, however the clock is set', (t) => {
  const fixes = readings.map((list) => list.filter(({ kind }) => kind === 'fix' || kind === 'tick'));
  fc.assert(
    fc.property(fixes, (list) => {
      const vehicle = new Vehicle(profile(), { odometer: 5, engineS: 5 });
      let last = 5;
      for (const reading of list) {
        vehicle.push(reading);
        const { odometer } = vehicle.now(reading.time);
        if (!(odometer! >= last)) throw new Error(`${odometer} after ${last}`);
        last = odometer!;
      }
    }),
    { numRuns },
  );
  t.pass();
});

test('headings: the change is the smallest one, and leads from one to the other', (t) => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 360, noNaN: true }), fc.double({ min: 0, max: 360, noNaN: true }), (a, b) => {
      const d = headingChange(a, b);
      return d > -180.000001 && d <= 180 && Math.abs(((((a + d - b) % 360) + 540) % 360) - 180) < 1e-6;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

test('every signal that is looked for stands in the J1939 table under that name', (t) => {
  for (const [group, [name]] of SIGNALS) {
    const found = J1939_GROUPS.find((one) => one.name === group);
    t.truthy(found, group);
    const id = 0x18000000 + found!.pgn * 256;
    t.true(concerns({ time: 0, id, extended: true, data: new Uint8Array(8) }));
    t.false(concerns({ time: 0, id, extended: false, data: new Uint8Array(8) }));
    t.true(
      found!.signals.some((signal) => signal.name === name),
      group,
    );
  }
  t.false(concerns({ time: 0, id: 0x18ff0021, extended: true, data: new Uint8Array(8) }));
  const message = { time: 1, id: 0, name: 'EEC1', source: 3, signals: { EngineSpeed: 700, Other: 1 } };
  t.deepEqual(signalReadings(message), [{ kind: 'signal', time: 1, name: 'rpm', source: 3, value: 700 }]);
  t.deepEqual(signalReadings({ ...message, name: 'toString' }), []);
  t.deepEqual(signalReadings({ ...message, signals: {} }), []);
  t.is(epoch(0).time, T0);
});
