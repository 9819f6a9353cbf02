// agent/main/drive: the made drive is a possible one, repeats for its seed, and is what the real readers read.
import test from 'ava';
import { CanDecoder } from '../../../drivers/can/index.ts';
import { GnssDecoder } from '../../../drivers/gnss/index.ts';
import { createDrive, START, TOUR_M } from './drive.ts';
import { streetsGeoJson } from './geojson.ts';
import { Random, Wander } from './random.ts';
import { skyAt } from './sky.ts';
import { toMetres } from './streets.ts';
import { candumpLine, slcanLine, truthLine } from './text.ts';
import type { DriveStep } from './types.ts';

/** The first `seconds` of a drive. */
function steps(seed: number, seconds: number, options = {}): DriveStep[] {
  const out: DriveStep[] = [];
  for (const step of createDrive(seed, options)) {
    if (step.time > seconds * 1000) return out;
    out.push(step);
  }
  return out;
}

const whole = steps(1, 2600);

test('the same seed gives the same bytes, another seed another drive', (t) => {
  const text = (seed: number) =>
    steps(seed, 120)
      .map(({ nmea, can, io, truth }) => [nmea, can.map(candumpLine), JSON.stringify(io), truthLine(truth)].join())
      .join();
  t.is(text(7), text(7));
  t.not(text(7), text(8));
  t.not(text(7), text(7 + 2 ** 32));
});

test('the truck does nothing that a truck cannot do, and its place agrees with its speed', (t) => {
  for (const seed of [1, 2, 3]) {
    const drive = seed === 1 ? whole : steps(seed, 900);
    for (let i = 1; i < drive.length; i++) {
      const [a, b] = [drive[i - 1]!.truth, drive[i]!.truth];
      const change = (b.speed - a.speed) / 0.1;
      t.true(change < 1 && change > -3.2, `${b.time}: ${change} m/s2`);
      t.true(b.speed >= 0 && b.speed <= 11.2);
      const [from, to] = [toMetres(a.lat, a.lon), toMetres(b.lat, b.lon)];
      const moved = Math.hypot(to.x - from.x, to.y - from.y);
      t.true(Math.abs(moved - (b.odometer - a.odometer)) < 0.002, `${b.time}: ${moved}`);
      if (b.ignition === 0) t.is(b.speed, 0);
      if (b.brush === 1) t.true(b.speed < 2.8);
    }
  }
});

test('the tour closes on itself and has all that a drive is to have', (t) => {
  const driven = whole.at(-1)!.truth.odometer - whole[0]!.truth.odometer;
  t.true(driven > TOUR_M, `${driven} of ${TOUR_M}`);
  const truths = whole.map(({ truth }) => truth);
  t.true(truths.some(({ tunnel }) => tunnel) && truths.some(({ canyon }) => canyon));
  t.true(truths.some(({ spray }) => spray === 1));
  const stopped = truths.filter(({ speed, ignition }) => speed === 0 && ignition === 1);
  const off = truths.filter(({ ignition }) => ignition === 0);
  t.true(stopped.length > 300 && off.length > 600);
  const sweeping = truths.filter(({ brush, speed }) => brush === 1 && speed > 1);
  const mean = sweeping.reduce((sum, { speed }) => sum + speed, 0) / sweeping.length;
  t.true(Math.abs(mean * 3.6 - 8) < 0.5, `${mean * 3.6} km/h`);
  t.true(Math.max(...truths.map(({ speed }) => speed)) * 3.6 > 36);
});

test('the receiver: one epoch a second with GPS and BeiDou, within its noise, and nothing in the tunnel', (t) => {
  const decoder = new GnssDecoder();
  const byTime = new Map(whole.map(({ truth }) => [truth.time, truth]));
  const errors: number[] = [];
  let epochs = 0;
  for (const { nmea } of whole) {
    for (const epoch of nmea ? decoder.push({ bytes: Buffer.from(nmea), wall: null }) : []) {
      const truth = byTime.get(epoch.time ?? -1);
      if (!truth) continue;
      epochs++;
      t.deepEqual(epoch.flags, undefined, epoch.why);
      if (truth.tunnel) t.is(epoch.mode, 1);
      if (epoch.mode < 2) continue;
      const systems = new Set(epoch.satellites.filter(({ used }) => used).map(({ system }) => system));
      t.deepEqual([...systems].sort(), ['BeiDou', 'GPS']);
      const [a, b] = [toMetres(epoch.lat!, epoch.lon!), toMetres(truth.lat, truth.lon)];
      errors.push(Math.hypot(a.x - b.x, a.y - b.y));
      t.true(Math.abs(epoch.speed! - truth.speed) < 1.2);
    }
  }
  t.true(epochs >= 2590, `${epochs}`);
  errors.sort((a, b) => a - b);
  t.true(errors[Math.floor(errors.length / 2)]! < 2, `half within ${errors[Math.floor(errors.length / 2)]}`);
  t.true(errors.at(-1)! < 25, `worst ${errors.at(-1)}`);
  t.is(decoder.counters.badChecksum + decoder.counters.torn + decoder.counters.badField + decoder.counters.short, 0);
});

test('the bus: known groups at a real rate, silent with the engine off, values near the truth; a full one is full', (t) => {
  const names = new Map<string, number>();
  let speed: number | null | undefined;
  const decoder = new CanDecoder(({ name, signals, faults }) => {
    names.set(name, (names.get(name) ?? 0) + 1);
    if (name === 'CCVS1' && signals['WheelBasedVehicleSpeed'] !== null) speed = signals['WheelBasedVehicleSpeed'];
    if (name === 'DM1' && faults && faults.length > 0) t.deepEqual(faults, [{ spn: 1087, fmi: 17, count: 3 }]);
  });
  let awake = 0;
  for (const { can, truth } of whole) {
    let last = truth.time;
    for (const frame of can) {
      t.true(frame.time > last && frame.time < truth.time + 100);
      last = frame.time;
      decoder.push(frame);
    }
    if (can.length > 0) awake++;
    if (can.length > 0 && truth.speed > 1) t.true(Math.abs(speed! - truth.speed * 1.004) < 0.2);
  }
  t.is(decoder.counters.unknown, 0);
  for (const name of ['EEC1', 'CCVS1', 'VDHR', 'HOURS', 'DD1', 'LFE1', 'ET1', 'DM1', 'TCO1'])
    t.true(names.has(name), name);
  const rate = decoder.counters.frames / (awake / 10);
  t.true(rate > 150 && rate < 400, `${rate} frames/s`);
  const parked = whole.filter(({ truth, time }) => truth.ignition === 0 && time < 20_000);
  t.true(parked.every(({ can }) => can.length === 0));
  const full = steps(1, 60, { fullBus: true }).slice(-100);
  t.is(
    full.reduce((n, { can }) => n + can.length, 0),
    18_000,
  );
});

test('lines tell every state at first and each change once', (t) => {
  t.deepEqual(
    whole[0]!.io.map(({ line }) => line),
    ['ignition', 'brush', 'spray'],
  );
  const state = new Map<string, number>();
  for (const { io, truth } of whole) {
    for (const change of io) {
      t.not(state.get(change.line), change.state);
      state.set(change.line, change.state);
    }
    t.deepEqual(
      [state.get('ignition'), state.get('brush'), state.get('spray')],
      [truth.ignition, truth.brush, truth.spray],
    );
  }
});

test('the sky: enough of both systems at any hour, no two satellites alike', (t) => {
  for (let hour = 0; hour < 48; hour++) {
    const sky = skyAt(START + hour * 1_799_000);
    for (const system of ['GPS', 'BeiDou'] as const) {
      const own = sky.filter((one) => one.system === system);
      t.true(own.length >= 5 && own.length <= 26, `${system} ${own.length} at ${hour}`);
      t.is(new Set(own.map(({ prn }) => prn)).size, own.length);
      t.true(own.every(({ elevation, azimuth }) => elevation <= 90 && azimuth >= 0 && azimuth < 360));
    }
  }
});

test('the streets are GeoJSON, say that they are made up, and lie where they are said to', (t) => {
  const map = JSON.parse(streetsGeoJson());
  t.is(map.type, 'FeatureCollection');
  t.regex(map.name, /made up/);
  const kinds = new Set<string>();
  for (const { properties, geometry } of map.features) {
    t.true(properties.made_up);
    kinds.add(properties.kind);
    const places = geometry.type === 'Point' ? [geometry.coordinates] : geometry.coordinates;
    for (const [lon, lat] of places) t.true(Math.abs(lon - 115.78) < 0.02 && Math.abs(lat - 33.84) < 0.012);
  }
  t.deepEqual([...kinds].sort(), ['depot', 'light', 'river', 'stop', 'street', 'tour', 'tunnel']);
});

test('texts: candump, slcan', (t) => {
  const frame = { time: 1_772_411_400_123.4, id: 0x18fef100, extended: true, data: Uint8Array.of(0, 0xab, 255) };
  t.is(candumpLine(frame), '(1772411400.123400) can0 18FEF100#00ABFF\n');
  t.is(slcanLine(frame), 'T18FEF100300ABFF\r');
});

test('chance: even, normal, wandering with its deviation', (t) => {
  const random = new Random(5);
  const draws = Array.from({ length: 20_000 }, () => random.normal());
  const mean = draws.reduce((a, b) => a + b) / draws.length;
  const spread = Math.sqrt(draws.reduce((a, b) => a + b * b, 0) / draws.length);
  t.true(Math.abs(mean) < 0.03 && Math.abs(spread - 1) < 0.03);
  const wander = new Wander(random, 10);
  const walk = Array.from({ length: 50_000 }, () => wander.step(1));
  const deviation = Math.sqrt(walk.reduce((a, b) => a + b * b, 0) / walk.length);
  t.true(Math.abs(deviation - 1) < 0.15, `${deviation}`);
});
