// A drive's points the whole way: outbox, uplink, mosquitto, centre, all real. What kills do is campaign.test.ts.
import { join } from 'node:path';
import test from 'ava';
import { connectAsync } from 'mqtt';
import { openOutbox } from '../agent/outbox/index.ts';
import {
  decodeBatch,
  deviceTopics,
  PACKED_MARK,
  pointText,
  readPointText,
  roundPoint,
  type TelemetryPoint,
} from '../contract/index.ts';
import { centre, eventually, finish, freePort, kerbside, mosquitto, program, ROOT, tempDir } from './chain-rig.ts';

const DEVICE = 'truck-1';
const CITY = 'bozhou';

/** The points of a made drive, as a terminal would have made them. */
async function drive(dir: string): Promise<TelemetryPoint[]> {
  const synth = await finish(kerbside, ['drive', 'synth', '--out', dir, '--seconds', '1200']);
  if (synth.status !== 0) throw new Error(synth.stderr);
  const files = { nmea: 'drive.nmea', can: 'drive.candump', io: 'drive.io.ndjson' };
  const args = Object.entries(files).flatMap(([option, name]) => [`--${option}`, join(dir, name)]);
  const profile = join(ROOT, 'examples/truck/profile.yaml');
  const { stdout, stderr, status } = await finish(kerbside, ['replay', 'drive', '--profile', profile, ...args]);
  if (status !== 0) throw new Error(stderr);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{"kind":"point"'))
    .map((line) => readPointText(line.replace('{"kind":"point","v":1,', '{"v":1,"kind":"telemetry",'))!);
}

/** Puts records into the telemetry lane of an outbox; gives their texts by sequence number. */
async function accept(dir: string, records: { kind: 'telemetry' | 'opaque'; text: string }[]): Promise<string[]> {
  const clock = { wall: Date.now, mono: () => performance.now(), quality: () => 'synced' as const };
  const bootId = '3f6f0c1e-7a52-4a0e-9a35-1f0f6a2c9b11';
  const outbox = await openOutbox(dir, { clock, bootId, newEpoch: () => '00c0ffee00c0ffee' });
  const receipts = await Promise.all(records.map((record) => outbox.append('telemetry', record)));
  await outbox.close();
  const texts: string[] = [];
  receipts.forEach(({ seq }, i) => {
    texts[seq] = records[i]!.text;
  });
  return texts;
}

async function json<T>(port: number, path: string): Promise<T | null> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
  return response?.ok ? ((await response.json()) as T) : null;
}

test('points arrive exactly once, packed, byte for byte; their track is whole', async (t) => {
  const dir = tempDir(t);
  const [db, out] = [join(dir, 'db'), join(dir, 'out')];
  const once = await drive(join(dir, 'drive'));
  const last = once.at(-1)!;
  // The same drive again and again, a while later each time.
  const tours = Array.from({ length: 8 }, (_, tour) =>
    once.map((point) => roundPoint({ ...point, at: point.at + tour * 3_600_000 })),
  );
  const points = tours.flat();
  const records = points.map((point) => ({ kind: 'telemetry' as 'telemetry' | 'opaque', text: pointText(point) }));
  // What an older box may have left, and what is no point at all: they travel as lines and stop nothing.
  const old = pointText(last).replace(/,"fuel":[^,]+/, '');
  records.splice(1000, 0, { kind: 'telemetry', text: old }, { kind: 'opaque', text: '{"n": 1.50}' });
  const texts = await accept(out, records);

  const [port, http] = [await freePort(), await freePort()];
  const url = `mqtt://127.0.0.1:${port}`;
  await mosquitto(t, dir, port);
  const hub = program(t, centre, ['run', '--broker', url, '--database', db, '--port', `${http}`]);
  await eventually('centre', () => json<object>(http, '/healthz'), 150_000);
  const sent = { messages: 0, bytes: 0, points: 0, lines: 0 };
  const witness = await connectAsync(url, { reconnectPeriod: 0 });
  t.teardown(() => witness.endAsync(true));
  witness.on('message', (_, payload) => {
    if (payload[0] !== PACKED_MARK) {
      sent.lines++;
      return;
    }
    const batch = decodeBatch(payload);
    sent.messages++;
    sent.bytes += payload.length;
    sent.points += 'error' in batch ? 0 : batch.records.length;
  });
  await witness.subscribeAsync(deviceTopics(CITY, DEVICE).lane('telemetry'), { qos: 1 });

  const args = ['uplink', out, '--broker', url, '--device', DEVICE];
  const done = program(t, kerbside, [...args, '--until-empty']);
  t.is(await done.finished(), 0, done.stderr);

  const { stdout } = await finish(centre, ['records', '--database', db, '--lane', 'telemetry']);
  const lines = stdout.split('\n').filter(Boolean);
  t.is(lines.length, texts.length - 1);
  lines.forEach((line, i) => {
    const text = texts[i + 1]!;
    const rejected = text === old;
    if (!line.endsWith(`,"record":${text}}`) || line.includes('"rejected"') !== rejected) t.fail(`${line}\n${text}`);
  });

  interface Feature {
    geometry: { type: string; coordinates: number[] | number[][] };
    properties: { coordTimes: string[] };
  }
  const track = await json<{ features: Feature[] }>(http, `/api/vehicles/${DEVICE}/track.geojson?from=0`);
  const shown = track?.features.flatMap(({ geometry: { type, coordinates } }) =>
    type === 'Point' ? [coordinates as number[]] : (coordinates as number[][]),
  );
  const positioned = points.filter(({ lat, lon }) => lat !== null && lon !== null);
  t.deepEqual(
    shown,
    positioned.map(({ lon, lat, alt }) => (alt === null ? [lon!, lat!] : [lon!, lat!, alt])),
  );
  const [vehicle] = (await json<{ device: string; heard: number; position: { at: number } }[]>(http, '/api/vehicles'))!;
  t.like(vehicle, { device: DEVICE, heard: points.at(-1)!.at, position: { at: positioned.at(-1)!.at } });
  t.is(await hub.end('SIGTERM'), 0);

  t.true(sent.lines >= 1);
  const [perPoint, perMessage] = [sent.bytes / sent.points, sent.points / sent.messages];
  const json1 = texts.reduce((sum, text) => sum + text.length, 0) / (texts.length - 1);
  t.log(`${points.length} points; ${sent.messages} messages of ${perMessage.toFixed(0)} points`);
  t.log(`${perPoint.toFixed(2)} bytes a point packed; ${json1.toFixed(0)} as JSON text`);
  t.true(perPoint < 12, `${perPoint} bytes a point`);
});
