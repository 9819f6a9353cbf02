// agent/main: `drive synth` and `replay drive`: a made drive, replayed, against its own truth; bad input is one line.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { FLAGS, type TelemetryPoint } from '../../../contract/index.ts';
import type { VehicleEvent, VehicleNow } from '../../vehicle/index.ts';
import { toMetres } from '../drive/streets.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));
const PROFILE = fileURLToPath(new URL('../../../examples/truck/profile.yaml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kerb-synth-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  status: number | null;
  out: string;
  err: string;
}

/** Runs `kerbside` with these words. */
function kerbside(...words: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((done) =>
    child.once('close', (status) =>
      done({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    ),
  );
}

const file = (...names: string[]) => join(folder, ...names);
const recorded = (at: string) => [
  '--nmea',
  file(at, 'drive.nmea'),
  '--can',
  file(at, 'drive.candump'),
  '--io',
  file(at, 'drive.io.ndjson'),
];
const replay = (...words: string[]) => kerbside('replay', 'drive', '--profile', PROFILE, ...words);

interface Truth {
  time: number;
  lat: number;
  lon: number;
  speed: number;
  odometer: number;
  engine_s: number;
  tunnel: boolean;
  canyon: boolean;
  ignition: 0 | 1;
  lines: Record<string, 0 | 1>;
}

function ndjson<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

test.serial('a made drive, replayed, is what it truly was', async (t) => {
  const made = await kerbside('drive', 'synth', '--seed', '4', '--out', file('a'));
  t.is(made.status, 0, made.err);
  const told = JSON.parse(made.out) as { distance: number; seconds: number };
  const { status, out, err } = await replay(...recorded('a'));
  t.is(status, 0, err);
  t.log(err.trim());
  const truths = ndjson<Truth>(readFileSync(file('a', 'truth.ndjson'), 'utf8'));
  const at = (time: number) => truths[Math.round((time - truths[0]!.time) / 100)]!;
  const lines = ndjson<{ kind: string }>(out);
  const points = lines.filter(({ kind }) => kind === 'point') as unknown as TelemetryPoint[];
  const events = lines.filter(({ kind }) => kind === 'event') as unknown as VehicleEvent[];
  const last = lines.at(-1) as unknown as VehicleNow & { kind: string };
  t.is(last.kind, 'state');

  // how far: by odometer, and by trips
  const truly = truths.at(-1)!.odometer - truths[0]!.odometer;
  t.true(Math.abs(told.distance - truly) < 0.02);
  const by = points.at(-1)!.odometer! - points.find(({ odometer }) => odometer! > 1e6)!.odometer!;
  t.true(Math.abs(by / truly - 1) < 0.01, `odometer ${by} of ${truly}`);
  const trips = events.filter(({ what }) => what === 'trip-end');
  t.true(trips.length >= 2);
  for (const { trip, at: end, distance, duration } of trips) {
    const meant = at(end).odometer - at(trip!).odometer;
    t.true(Math.abs(distance! / meant - 1) < 0.01, `trip ${distance} of ${meant}`);
    t.true(Math.abs(duration! - (end - trip!) / 1000) <= 1);
    // it begins with the key and ends with it, the engine's last turns included
    t.is(at(trip! + 100).ignition, 1);
    t.is(at(trip! - 200).ignition, 0);
    t.is(at(end + 100).ignition, 0);
    t.is(at(end - 1000).ignition, 1);
  }
  t.true(Math.abs(last.engineS! - truths.at(-1)!.engine_s) < 60, 'engine hours');

  // where: every point within the receiver's noise, none in the tunnel
  const errors: number[] = [];
  for (const point of points) {
    const truth = at(point.at);
    const age = truth.time - 3000 >= truths[0]!.time ? at(truth.time - 3000).tunnel : false;
    if (truth.tunnel && age) t.is(point.lat, null);
    if (point.lat === null) continue;
    const stale = (point.flags & (1 << FLAGS.indexOf('stale-fix'))) !== 0;
    const [a, b] = [toMetres(point.lat, point.lon!), toMetres(truth.lat, truth.lon)];
    const error = Math.hypot(a.x - b.x, a.y - b.y);
    if (!stale && !truth.canyon) errors.push(error);
    t.true(error < 25 + (stale ? 3 : 1) * truth.speed, `${error} m off at ${point.at}`);
  }
  errors.sort((a, b) => a - b);
  t.true(errors[Math.floor(errors.length * 0.95)]! < 10, `95 % within ${errors[Math.floor(errors.length * 0.95)]}`);

  // how fast, in the tunnel too
  for (const point of points) {
    const truth = at(point.at);
    t.true(point.speed !== null || point.ignition !== 1, `no speed at ${point.at}`);
    if (point.speed !== null) t.true(Math.abs(point.speed - truth.speed) < 2, `${point.speed} at ${point.at}`);
    if (truth.tunnel && truth.speed > 2) t.is(point.speed_bus !== null, true);
  }
  const about = (what: string) => events.filter((event) => event.what === what).length;
  const tunnels = truths.filter(({ tunnel }, i) => tunnel && !truths[i - 1]?.tunnel).length;
  t.is(about('fix-lost'), tunnels);
  t.is(about('fix-found'), tunnels + 1);
  t.is(about('speed-differs'), 0);

  // when: a point each second while moving
  const times = points.map((point) => point.at);
  t.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  const moving = points.filter((point) => at(point.at).speed > 1 && at(point.at - 5000)?.speed > 1);
  for (const point of moving)
    t.true(
      times.some((time) => time < point.at && time >= point.at - 1300),
      `${point.at}`,
    );

  // lines: exactly as they were, at every point
  const names = ['ignition', 'brush', 'spray'];
  for (const [i, { at: time, lines: bits }] of points.entries()) {
    // two lines of one instant are two points: the last one has both
    if (points[i + 1]?.at === time) continue;
    const truth = at(time - (time % 100));
    t.deepEqual(
      names.map((_, i) => (bits >> i) & 1),
      names.map((name) => truth.lines[name]),
      `${time}`,
    );
  }
  const changes = truths.flatMap((truth, i) =>
    i === 0
      ? []
      : names.filter((name) => truths[i - 1]!.lines[name] !== truth.lines[name]).map((name) => [truth.time, name]),
  );
  t.deepEqual(
    events.filter(({ what }) => what === 'line').map(({ at: time, line }) => [time, line!.id]),
    changes,
  );
});

test.serial('twice gives the same bytes: the making and the replaying, plain and packed', async (t) => {
  const make = (at: string) =>
    kerbside('drive', 'synth', '--seed', '9', '--seconds', '300', '--hz', '5', '--out', file(at));
  await make('b');
  await make('c');
  const hash = (at: string, name: string) =>
    createHash('sha256')
      .update(readFileSync(file(at, name)))
      .digest('hex');
  const names = ['drive.nmea', 'drive.candump', 'drive.io.ndjson', 'truth.ndjson', 'streets.geojson'];
  for (const name of names) t.is(hash('b', name), hash('c', name), name);
  for (const name of names.slice(0, 3)) writeFileSync(file('c', `${name}.gz`), gzipSync(readFileSync(file('c', name))));
  const first = await replay(...recorded('b'));
  const second = await replay(...recorded('b'));
  const packed = await replay(...recorded('c').map((word) => (word.startsWith('/') ? `${word}.gz` : word)));
  t.is(first.status, 0);
  t.true(first.out.length > 10_000);
  t.is(second.out, first.out);
  t.is(packed.out, first.out);
});

test.serial('damage costs only what is damaged, and is counted', async (t) => {
  await kerbside('drive', 'synth', '--seconds', '120', '--out', file('d'));
  const spoil = (name: string, junk: string) => {
    const rows = readFileSync(file('d', name), 'utf8').split('\n');
    rows.splice(2, 0, junk, 'x'.repeat(100_000), '\u0000\u0001{"time":');
    writeFileSync(file('d', name), rows.join('\n'));
  };
  const clean = await replay(...recorded('d'));
  spoil('drive.nmea', '$GNRMC,torn');
  spoil('drive.candump', '(1772411400.0) can0 nonsense');
  spoil('drive.io.ndjson', '{"time":"now","line":"brush","state":1}');
  const spoilt = await replay(...recorded('d'));
  t.is(spoilt.status, 0);
  t.true(Math.abs(spoilt.out.split('\n').length - clean.out.split('\n').length) <= 3);
  t.regex(spoilt.err, /badFrames \d+/);
  t.regex(spoilt.err, /badLines 3/);
});

test.serial('bad input and wrong usage: one line on stderr, nothing on stdout, status 2', async (t) => {
  const empty = file('empty');
  writeFileSync(empty, '');
  const junk = file('junk');
  writeFileSync(junk, 'this is no recording\n');
  const undated = file('undated');
  writeFileSync(
    undated,
    '$GPGGA,120000,3350.0,N,11546.8,E,1,08,1.0,40,M,0,M,,*75\r\n$GPGGA,120001,3350.0,N,11546.8,E,1,08,1.0,40,M,0,M,,*74\r\n',
  );
  const nmea = file('ok.nmea');
  writeFileSync(nmea, '$GNRMC,003000.00,A,3350.0,N,11546.8,E,0.0,,020326,,,A\r\n');
  for (const words of [
    ['replay', 'drive'],
    ['replay', 'drive', '--profile', PROFILE],
    ['replay', 'drive', '--profile', file('none'), '--nmea', nmea],
    ['replay', 'drive', '--profile', junk, '--nmea', nmea],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', file('none')],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', empty],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', junk],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', undated],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', nmea, '--can', file('none')],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', nmea, '--can', junk],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', nmea, '--io', junk],
    ['replay', 'drive', '--profile', PROFILE, '--nmea', nmea, '--what', 'ever'],
  ]) {
    const { status, out, err } = await kerbside(...words);
    t.is(status, 2, words.join(' '));
    t.is(err.trim().split('\n').length, 1, err);
    t.false(/\n\s+at /.test(err));
    t.false(out.includes('"event"'), 'nothing was made of nothing');
  }
});
