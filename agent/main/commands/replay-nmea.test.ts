// agent/main: `kerbside replay nmea` as a user runs it: short and long recordings, plain and .gz, and bad input.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { epochLine } from '../../../drivers/gnss/index.ts';
import { decode, sentence } from '../../../drivers/gnss/talk.ts';

const KERBSIDE = join(import.meta.dirname, '..', '..', '..', 'bin', 'kerbside');

function replay(...args: string[]) {
  return spawnSync(KERBSIDE, ['replay', 'nmea', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-replay-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A receiver that drives north for so many seconds, with a jump on the way. */
function drive(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  let text = '';
  for (let s = 0; s < seconds; s++) {
    const time = `${two(Math.floor(s / 3600))}${two(Math.floor(s / 60) % 60)}${two(s % 60)}.00`;
    const lat = `33${two(10 + Math.floor(s / 10000))}.${String(s % 10000).padStart(4, '0')}`;
    const place = s === 5 ? '3352.1000' : lat;
    text +=
      sentence(`GNRMC,${time},A,${place},N,11546.5000,E,3.5,${s % 360}.25,150726,,,A`) +
      sentence(`GNGGA,${time},${place},N,11546.5000,E,1,08,0.9,${(s % 900) / 10},M,8.0,M,,`) +
      sentence(`GPGSV,1,1,03,05,45,${s % 360},${20 + (s % 30)},07,12,033,,09,80,100,${s % 7 === 0 ? '' : 41}`) +
      sentence('GNGSA,A,3,05,09,,,,,,,,,,,1.5,0.9,1.2,1');
  }
  return text;
}

test('a recording is printed epoch by epoch, the last one flushed; .gz alike', (t) => {
  const dir = folder(t);
  const text = drive(20);
  writeFileSync(join(dir, 'a.log'), text);
  writeFileSync(join(dir, 'a.log.gz'), gzipSync(text));
  const plain = replay(join(dir, 'a.log'));
  t.is(plain.status, 0);
  const lines = plain.stdout.trimEnd().split('\n');
  t.is(lines.length, 20);
  const epochs = lines.map((line) => JSON.parse(line));
  t.deepEqual(Object.keys(epochs[0]), ['time', 'mode', 'lat', 'lon', 'alt', 'speed', 'track', 'hdop', 'satellites']);
  t.is(epochs[19].time, Date.UTC(2026, 6, 15, 0, 0, 19));
  t.deepEqual(epochs[5].flags, ['jump']);
  t.regex(epochs[5].why, /^\d+ m in 1\.0 s$/);
  t.is(replay(join(dir, 'a.log.gz')).stdout, plain.stdout);
});

test('what is printed is what was decoded, to the digit that is printed', (t) => {
  const near = (a: number | null, b: number | null, by: number): boolean =>
    a === null || b === null ? a === b : Math.abs(a - b) <= by;
  for (const epoch of decode(drive(400))) {
    const told = JSON.parse(epochLine(epoch));
    t.true(near(told.lat, epoch.lat, 5.1e-10) && near(told.lon, epoch.lon, 5.1e-10));
    t.true(near(told.speed, epoch.speed, 5.1e-4) && near(told.track, epoch.track, 5.1e-4));
    t.true(told.time === epoch.time && told.mode === epoch.mode && near(told.alt, epoch.alt, 5.1e-4));
    t.deepEqual(told.satellites, epoch.satellites);
  }
});

test('a long recording, printed by a thread of its own, gives the same lines', (t) => {
  const path = join(folder(t), 'long.log');
  const text = drive(20_000);
  t.true(text.length > 4_000_000);
  writeFileSync(path, text);
  const expected = decode(text).map((epoch) => `${epochLine(epoch)}\n`);
  const { status, stdout } = replay(path);
  t.is(status, 0);
  t.true(stdout === expected.join(''));
});

test('bad input is one line on stderr and exit 2', (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'text'), 'no sentence here\n'.repeat(100));
  for (const args of [[], [join(dir, 'none')], [join(dir, 'text')], ['a', 'b']]) {
    const { status, stdout, stderr } = replay(...args);
    t.is(status, 2);
    t.is(stdout, '');
    t.is(stderr.trimEnd().split('\n').length, 1, stderr);
  }
});
