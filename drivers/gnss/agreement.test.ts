// drivers/gnss: measured against gpsd: its own regression logs and the reports it expects of them.
// A cycle has one epoch here, while gpsd reports some cycles more than once until it has learnt a receiver's end of
// cycle; so the last report of each instant is compared: position within 1e-6 degrees, and the mode. Reports without a
// time are compared in order, repeats of the same state being one. Dates are not compared: gpsd moves old logs by 1024 weeks.
import { readFileSync } from 'node:fs';
import { sampleTest } from '../../test/samples.ts';
import { decode } from './talk.ts';
import type { Epoch } from './types.ts';

interface Report {
  readonly time?: string;
  readonly mode: number;
  readonly lat?: number;
  readonly lon?: number;
}

const LOGS = [
  'beidou-bd',
  'bu303-moving',
  'bu303-nofix',
  'bu353s4',
  'garmin17n',
  'gr8013-w',
  'hab-gpspi',
  'mt3339',
  'neo-m8n',
  'nmea-fuzzy-cases',
];
const DAY = 86_400_000;

const same = (report: Report, epoch: Epoch | undefined): boolean =>
  epoch !== undefined &&
  epoch.mode === report.mode &&
  (report.lat === undefined
    ? epoch.lat === null
    : Math.abs((epoch.lat ?? NaN) - report.lat) <= 1e-6 && Math.abs((epoch.lon ?? NaN) - report.lon!) <= 1e-6);

for (const name of LOGS) {
  sampleTest(`agrees with gpsd on ${name}`, (t, path) => {
    const epochs = decode(readFileSync(path('nmea', `${name}.log`)));
    const reports = readFileSync(path('nmea', `${name}.log.chk`), 'latin1')
      .split('\n')
      .filter((line) => line.includes('"class":"TPV"'))
      .map((line) => JSON.parse(line) as Report);
    const byTime = new Map(epochs.filter((e) => e.time !== null).map((e) => [e.time! % DAY, e]));
    const lastOf = new Map<number, Report>();
    for (const r of reports) if (r.time !== undefined) lastOf.set(Date.parse(r.time) % DAY, r);
    const timed = [...lastOf].filter(([time, report]) => same(report, byTime.get(time))).length;
    let from = 0;
    let ordered = 0;
    const untimed = reports.filter((r) => r.time === undefined);
    for (const report of untimed) {
      const found = epochs.findIndex((e, i) => i >= from && same(report, e));
      if (found < 0) continue;
      ordered++;
      from = found;
    }
    const compared = lastOf.size + untimed.length;
    t.log(`${timed + ordered} of ${compared} reports agree (${reports.length} in all), ${epochs.length} epochs`);
    t.true(compared > 0);
    t.true((timed + ordered) / compared >= 0.99);
  });
}
