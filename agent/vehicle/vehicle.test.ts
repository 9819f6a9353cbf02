// agent/vehicle: tables of readings and what a vehicle must make of them.
import test from 'ava';
import { FLAGS, POINT_REASONS } from '../../contract/index.ts';
import {
  drive,
  edge,
  epoch,
  events,
  every,
  fix,
  line,
  lost,
  points,
  profile,
  signal,
  T0,
  tick,
  told,
} from './testing.ts';
import { Vehicle } from './vehicle.ts';

const flag = (name: (typeof FLAGS)[number]) => 1 << FLAGS.indexOf(name);
const seconds = (outputs: ReturnType<typeof drive>, why?: (typeof POINT_REASONS)[number]) =>
  points(outputs)
    .filter((point) => why === undefined || POINT_REASONS[point.why] === why)
    .map(({ at }) => (at - T0) / 1000);

test('a trip by the ignition line: begins with it, ends once it was off for long, then at the moment it went off', (t) => {
  const vehicle = new Vehicle(profile());
  const out = drive(
    vehicle,
    every(1, 0, 200, (s) => fix(s, { speed: s > 20 && s <= 70 ? 5 : 0 })),
    edge(0.1, 'ignition', 0),
    edge(10, 'ignition', 1),
    edge(50, 'ignition', 0),
    edge(55, 'ignition', 1),
    edge(100, 'ignition', 0),
  );
  t.deepEqual(
    told(out).filter((text) => text.startsWith('trip')),
    ['trip-begin 10', 'trip-end 100'],
  );
  const end = events(out).find(({ what }) => what === 'trip-end')!;
  t.is(end.trip, T0 + 10_000);
  t.is(end.duration, 90);
  t.true(Math.abs(end.distance! - 250) <= 5, `${end.distance}`);
});

test('a trip by the engine alone, and by motion alone where nothing tells the ignition', (t) => {
  const bare = profile({ lines: [] });
  const byEngine = drive(
    new Vehicle(bare),
    every(0.1, 0, 40, (s) => signal(s, 'rpm', s < 10 ? 0 : 750)),
    every(0.1, 40.1, 110, (s) => signal(s, 'rpm', 120)),
  );
  t.deepEqual(
    told(byEngine).map((text) => text.replace(/\.\d+$/, '')),
    ['trip-begin 10', 'trip-end 40'],
  );
  const byMotion = drive(
    new Vehicle(bare),
    every(1, 0, 200, (s) => fix(s, { speed: s >= 10 && s < 100 ? 6 : 0.1 })),
  );
  t.deepEqual(told(byMotion), ['fix-found 0', 'moving 10', 'trip-begin 10', 'rest 105', 'trip-end 105']);
});

test('an engine that runs is not overruled by a cut ignition wire', (t) => {
  const vehicle = new Vehicle(profile());
  drive(
    vehicle,
    edge(0, 'ignition', 0),
    every(0.1, 1, 3, (s) => signal(s, 'rpm', 800)),
  );
  t.is(vehicle.now(T0 + 3000).ignition, 1);
});

test('speed: GNSS leads; the bus where there is no fix, at once; its trusted sender first; nobody: unknown, still moving', (t) => {
  const vehicle = new Vehicle(profile());
  drive(vehicle, fix(0, { speed: 8 }), signal(0.1, 'speed', 8.2, 33), signal(0.1, 'speed', 8.1, 11));
  t.like(vehicle.now(T0 + 200), { speed: 8, speedSource: 'gnss', speedBus: 8.1, moving: true });
  drive(vehicle, signal(0.9, 'speed', 7.9, 0), lost(1));
  t.like(vehicle.now(T0 + 1000), { speed: 7.9, speedSource: 'bus', speedGnss: null });
  drive(vehicle, every(1, 4, 30, tick));
  t.like(vehicle.now(T0 + 30_000), { speed: null, speedSource: 'none', moving: true });
  drive(vehicle, every(1, 31, 70, tick));
  t.false(vehicle.now(T0 + 70_000).moving);
});

test('speeds that disagree for long are told, flagged, and the wheels are believed; agreement is told too', (t) => {
  const vehicle = new Vehicle(profile());
  const out = drive(
    vehicle,
    every(1, 0, 40, (s) => fix(s, { speed: s >= 10 && s < 25 ? 0 : 10 })),
    every(0.1, 0.05, 40, (s) => signal(s, 'speed', 10)),
  );
  const about = events(out).filter(({ what }) => what.startsWith('speed'));
  t.deepEqual(
    about.map(({ what }) => what),
    ['speed-differs', 'speed-agrees'],
  );
  t.deepEqual(about[0]!.speeds, { gnss: 0, bus: 10 });
  t.true(Math.abs(about[0]!.at - T0 - 15_000) <= 200 && Math.abs(about[1]!.at - T0 - 30_000) <= 200);
  const flagged = points(out).filter((point) => point.flags & flag('speed-differs'));
  t.true(flagged.length >= 14);
  t.true(flagged.every((point) => point.speed === 10 && point.speed_source === 2));
});

test('a short disagreement (braking between two fixes) is none', (t) => {
  const out = drive(
    new Vehicle(profile()),
    every(1, 0, 20, (s) => fix(s, { speed: s >= 8 && s < 12 ? 4 : 10 })),
    every(0.1, 0.05, 20, (s) => signal(s, 'speed', 10)),
  );
  t.false(told(out).some((text) => text.startsWith('speed')));
});

test('odometer: integrated without a bus; the bus counts where it speaks, made fine between its steps, and never falls', (t) => {
  const own = new Vehicle(profile(), { odometer: 1000, engineS: 0 });
  drive(
    own,
    every(1, 0, 100, (s) => fix(s, { speed: 10 })),
  );
  t.like(own.now(T0 + 100_000), { odometerSource: 'integrated' });
  t.true(Math.abs(own.now(T0 + 100_000).odometer! - 1990) <= 15);

  const vehicle = new Vehicle(profile(), { odometer: 1000, engineS: 0 });
  let last = 0;
  for (let s = 0; s <= 100; s += 0.5) {
    drive(vehicle, signal(s, 'speed', 10), signal(s, 'fine_distance', Math.floor((500_000 + s * 10) / 5) * 5));
    const { odometer, odometerSource } = vehicle.now(T0 + s * 1000);
    t.is(odometerSource, 'bus');
    t.true(odometer! >= last && Math.abs(odometer! - (500_000 + s * 10)) <= 5.01, `${s}: ${odometer}`);
    last = odometer!;
  }
  // the bus's count falls silent for long: ours goes on from where it stood
  drive(
    vehicle,
    every(0.5, 100.5, 300, (s) => signal(s, 'speed', 10)),
  );
  const now = vehicle.now(T0 + 300_000);
  t.is(now.odometerSource, 'integrated');
  t.true(Math.abs(now.odometer! - 503_000) <= 10, `${now.odometer}`);
});

test('engine hours: counted while it runs, put right by the bus in steps of three minutes, never falling', (t) => {
  const vehicle = new Vehicle(profile(), { odometer: 0, engineS: 3600 });
  drive(
    vehicle,
    every(0.1, 0, 60, (s) => signal(s, 'rpm', s < 50 ? 800 : 0)),
  );
  t.true(Math.abs(vehicle.now(T0 + 60_000).engineS! - 3650) <= 1);
  t.is(vehicle.now(T0 + 60_000).engineSource, 'counted');
  drive(vehicle, signal(61, 'engine_s', 7200));
  drive(
    vehicle,
    every(0.1, 62, 100, (s) => signal(s, 'rpm', 800)),
    signal(90, 'engine_s', 7200),
  );
  const now = vehicle.now(T0 + 100_000);
  t.is(now.engineSource, 'bus');
  t.true(Math.abs(now.engineS! - 7238) <= 2, `${now.engineS}`);
});

test('fuel: the value of the bus, forgotten when it says that it does not know', (t) => {
  const vehicle = new Vehicle(profile());
  drive(vehicle, signal(0, 'fuel', 62.4, 23));
  t.is(vehicle.now(T0 + 60_000).fuel, 62.4);
  drive(vehicle, signal(61, 'fuel', null, 23));
  t.is(vehicle.now(T0 + 62_000).fuel, null);
});

test('lines: their first state is no event, a change is, at the time of its edge, and bits stand in the order of the profile', (t) => {
  const vehicle = new Vehicle(profile());
  const late = { time: T0 + 5_050, line: 'brush', state: 1 } as const;
  const out = drive(vehicle, fix(0), fix(5), edge(0.5, 'ignition', 0), edge(0.5, 'brush', 0), {
    kind: 'line',
    time: T0 + 5_100,
    reading: late,
  });
  const changes = events(out).filter(({ what }) => what === 'line');
  t.deepEqual(changes, [{ kind: 'event', what: 'line', at: T0 + 5_050, trip: null, line: { id: 'brush', state: 1 } }]);
  const point = points(out).at(-1)!;
  t.is(POINT_REASONS[point.why], 'line');
  t.is(point.lines, 0b10);
  t.is(vehicle.now(T0 + 6000).lines['brush']!.since, T0 + 5_050);
});

test('a line that counts pulses shows its count and tells no events; a line that is not in the profile is nothing', (t) => {
  const vehicle = new Vehicle(profile({ lines: [line('drum', 'drum', 5, { pulses: true })] }));
  const out = drive(
    vehicle,
    every(0.1, 0, 2, (s) => ({
      kind: 'line',
      time: T0 + s * 1000,
      reading: {
        time: T0 + s * 1000,
        line: 'drum',
        state: (Math.round(s * 10) % 2) as 0 | 1,
        pulses: Math.round(s * 5),
      },
    })),
    edge(1, 'ghost', 1),
  );
  t.is(events(out).length, 0);
  t.is(vehicle.now(T0 + 2000).lines['drum']!.pulses, 10);
  t.false('ghost' in vehicle.now(T0 + 2000).lines);
});

test('a line that flutters makes at most ten points a second', (t) => {
  const out = drive(
    new Vehicle(profile()),
    every(0.01, 0, 3, (s) => edge(s, 'brush', (Math.round(s * 100) % 2) as 0 | 1)),
  );
  t.is(events(out).length, 300);
  t.true(points(out).length <= 45, `${points(out).length}`);
});

test('points: every second moving and every 30 s at rest, each at the instant of its fix', (t) => {
  const out = drive(
    new Vehicle(profile()),
    every(1, 0, 120, (s) => fix(s, { speed: s >= 60 && s < 70 ? 5 : 0 }, { late: 120 + ((s * 37) % 80) })),
  );
  const at = seconds(out, 'interval');
  t.deepEqual(
    at.filter((s) => s < 60),
    [30],
  );
  t.deepEqual(
    at.filter((s) => s >= 61 && s <= 74),
    Array.from({ length: 14 }, (_, i) => 61 + i),
  );
  t.deepEqual(
    at.filter((s) => s > 75),
    [104],
  );
});

for (const [name, period, share] of [
  ['990 ms', 0.99, 1],
  ['10 Hz', 0.1, 10],
  ['5 Hz', 0.2, 5],
  ['4 Hz', 0.25, 4],
  ['20 Hz', 0.05, 20],
] as const) {
  test(`points from a receiver of ${name}: one a second, none lost, none doubled`, (t) => {
    const out = drive(
      new Vehicle(profile()),
      every(period, 0, 200, (s) => fix(s, { speed: 5 }, { late: 60 + (Math.round(s * 1000) % 7) * 3 })),
      every(0.1, 0.03, 200, (s) => signal(s, 'speed', 5)),
    );
    const at = seconds(out, 'interval');
    const expected = Math.floor(Math.round(200 / period) / share);
    t.true(Math.abs(at.length - expected) <= 2, `${at.length} of ${expected}`);
    const gaps = at.slice(1).map((s, i) => s - at[i]!);
    t.true(Math.max(...gaps) < 1.3 && Math.min(...gaps) > 0.85, `${Math.min(...gaps)} .. ${Math.max(...gaps)}`);
  });
}

test('a corner by the rule of JT/T 808: 15 degrees a second for 3 s, once; not less, not to and fro', (t) => {
  const turn = (rate: number, from: number, to: number, hz = 1) => {
    let track = 350;
    let last = -1 / hz;
    return drive(
      new Vehicle(profile()),
      every(1 / hz, 0, 30, (s) => {
        if (s > from && s <= to) track += rate * (s - last);
        last = s;
        return fix(s, { speed: 5, track: ((track % 360) + 360) % 360 });
      }),
    );
  };
  t.is(seconds(turn(18, 10, 15), 'corner').length, 1);
  t.is(seconds(turn(-18, 10, 15), 'corner').length, 1);
  t.is(seconds(turn(18, 10, 15, 10), 'corner').length, 1, 'at 10 Hz too');
  t.is(seconds(turn(14, 10, 16), 'corner').length, 0);
  t.is(seconds(turn(40, 10, 12), 'corner').length, 0, 'too short');
  const wobble = drive(
    new Vehicle(profile()),
    every(1, 0, 30, (s) => fix(s, { speed: 5, track: s % 2 === 0 ? 10 : 50 })),
  );
  t.is(seconds(wobble, 'corner').length, 0);
});

test('a tunnel: the fix is lost and found once, the bus drives on, no place is told, distance is whole', (t) => {
  const vehicle = new Vehicle(profile());
  const out = drive(
    vehicle,
    every(1, 0, 60, (s) => (s > 20 && s < 40 ? lost(s) : fix(s, { speed: 10 }))),
    every(0.1, 0.05, 60, (s) => signal(s, 'speed', 10)),
  );
  const fixes = events(out).filter(({ what }) => what.startsWith('fix'));
  t.deepEqual(
    fixes.map(({ what, at }) => `${what} ${Math.floor((at - T0) / 1000)}`),
    ['fix-found 0', 'fix-lost 23', 'fix-found 40'],
  );
  const inside = points(out).filter(({ at }) => at > T0 + 20_000 && at < T0 + 40_000);
  t.true(inside.length >= 19);
  t.true(inside.every((p) => p.lat === null && p.mode === 1 && p.speed === 10 && p.speed_source === 2));
  t.true(inside.every((p) => (p.flags & flag('stale-fix')) !== 0));
  t.true(Math.abs(vehicle.now(T0 + 60_000).odometer! - 600) <= 3);
});

test('a receiver that dies: lost within 5 s, points keep the beat without it, and it heals', (t) => {
  const out = drive(
    new Vehicle(profile()),
    every(1, 0, 20, (s) => fix(s, { speed: 10 })),
    every(0.1, 0.05, 80, (s) => signal(s, 'speed', 10)),
    every(1, 60, 80, (s) => fix(s, { speed: 10 })),
  );
  const lostAt = events(out).find(({ what }) => what === 'fix-lost')!;
  t.true(lostAt.at - T0 <= 25_000);
  const at = seconds(out, 'interval').filter((s) => s > 24 && s < 60);
  t.true(at.length >= 34 && at.length <= 37, `${at.length}`);
  t.true(told(out).includes('fix-found 60'));
});

test('fixes that repeat, jump or go back are not used as places; a frozen one is flagged', (t) => {
  for (const doubt of ['repeat', 'jump', 'time-back'] as const) {
    const vehicle = new Vehicle(profile());
    drive(vehicle, fix(0, { lat: 33 }), fix(1, { lat: 34, flags: [doubt], why: 'test' }));
    t.is(vehicle.now(T0 + 1000).lat, 33, doubt);
  }
  const out = drive(
    new Vehicle(profile()),
    every(1, 0, 3, (s) => fix(s, { speed: 5, flags: ['frozen'], why: 'test' })),
  );
  t.true(points(out).every((p) => p.lat !== null && (p.flags & flag('frozen')) !== 0));
});

test("points' times are the receiver's UTC although the box's clock is years wrong", (t) => {
  const wrong = -3 * 365 * 86_400_000;
  const out = drive(
    new Vehicle(profile()),
    every(1, 0, 20, (s) => fix(s, { speed: 5 }, { late: 130, wrong })),
  );
  t.deepEqual(
    [...new Set(seconds(out))],
    Array.from({ length: 21 }, (_, i) => i),
  );
  t.true(events(out).every(({ at }) => at >= T0 && at < T0 + 21_000));
});

test("the box's clock set back or forth while driving loses no point and no distance", (t) => {
  for (const step of [-3_600_000, 3_600_000]) {
    const vehicle = new Vehicle(profile());
    const out = every(1, 0, 60, (s) => fix(s, { speed: 10 }, { late: 100, wrong: s < 30 ? 0 : step })).flatMap((r) =>
      vehicle.push(r),
    );
    t.true(seconds(out, 'interval').length >= 59);
    t.true(seconds(out).every((s) => s >= 0 && s <= 60));
    t.true(Math.abs(vehicle.now(T0 + 60_000 + step).odometer! - 600) <= 25);
  }
  // without a receiver the set clock counts
  const blindBox = new Vehicle(profile());
  drive(blindBox, every(1, 0, 40, tick));
  t.is(points(blindBox.push(tick(-3600))).length, 1, 'one point of the new time');
  t.is(blindBox.now(T0 - 3_600_000).time, T0 - 3_600_000);
});

test('satellites: those used, and not known where the receiver tells none', (t) => {
  const vehicle = new Vehicle(profile());
  drive(vehicle, fix(0));
  t.is(vehicle.now(T0).satellites, null);
  const one = { system: 'GPS', prn: 1, elevation: 40, azimuth: 10, snr: 40, used: true } as const;
  drive(vehicle, fix(1, { satellites: [one, { ...one, prn: 2, used: false }] }));
  t.is(vehicle.now(T0 + 1000).satellites, 1);
});

test('asking for the state changes nothing', (t) => {
  const readings = every(0.5, 0, 50, (s) => fix(s, { speed: s % 20 < 10 ? 5 : 0 }));
  const asked = new Vehicle(profile());
  const left = new Vehicle(profile());
  for (const reading of readings) {
    t.deepEqual(asked.push(reading), left.push(reading));
    asked.now(reading.time + 777_000);
  }
  t.is(epoch(1).time, T0 + 1000);
});
