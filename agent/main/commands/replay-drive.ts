// agent/main: `kerbside replay drive`: a recorded drive through the judgement of a vehicle terminal.
// In: a profile, and what a receiver, a bus and lines said. Out: events, telemetry points and states as lines of JSON; the
// same recording gives the same bytes. What was skipped, and how fast it went, on stderr.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { KerbError, pointText } from '../../../contract/index.ts';
import { loadTerminal } from '../../config/terminal.ts';
import { type Output, type Reading, Vehicle } from '../../vehicle/index.ts';
import { merge } from '../drive/merge.ts';
import { canReadings, ioReadings, nmeaReadings, noCounts, type RecordedCounts } from '../drive/recorded.ts';

export const help = `
usage: kerbside replay drive --profile FILE --nmea FILE [--can FILE] [--io FILE]

Replays a recorded drive as a vehicle terminal would have lived it, as fast as it goes; the same recording gives the
same bytes. Each file may end in .gz.
  --profile FILE  the terminal's profile (examples/truck/profile.yaml)
  --nmea FILE     what the GNSS receiver sent (NMEA 0183 with RMC or ZDA); its UTC is the recording's time
  --can FILE      a candump log of the bus, its timestamps UTC
  --io FILE       the lines: one JSON object a line, {"time": epoch ms, "line": id of the profile, "state": 0 or 1},
                  a line for each change (inversion and debounce applied) and one for each state at the beginning
Prints a line of JSON for each
  event   {kind:"event", what, at, trip, ...}: trip-begin, trip-end, moving, rest, speed-differs, speed-agrees,
          fix-lost, fix-found, line
  point   {kind:"point", v, at, mode, lat, lon, ...}: a telemetry point, as docs/configuration.md tells when
  state   {kind:"state", time, ignition, moving, ...}: the vehicle after each trip's or motion's change, and at the end
Metres, metres a second, degrees WGS-84, epoch ms.`;

/** output gathered before it is written, characters */
const BATCH = 65_536;
const STATE_AFTER = new Set(['trip-begin', 'trip-end', 'moving', 'rest']);

export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      profile: { type: 'string' },
      nmea: { type: 'string' },
      can: { type: 'string' },
      io: { type: 'string' },
    },
  });
  const { profile: profileFile, nmea, can, io } = values;
  if (profileFile === undefined || nmea === undefined) {
    throw new KerbError('USAGE_REPLAY_DRIVE', '--profile and --nmea are needed', 'kerbside replay drive', 'see --help');
  }
  const profile = await loadTerminal(profileFile);
  const counts = noCounts();
  const streams = [nmeaReadings(nmea, counts)];
  if (can !== undefined) streams.push(canReadings(can, counts));
  if (io !== undefined) streams.push(ioReadings(io, new Set(profile.lines.map(({ id }) => id)), counts));

  const out = new Printer(new Vehicle(profile));
  const began = performance.now();
  try {
    await merge(streams, (reading) => out.take(reading), out.flush);
    out.state();
  } finally {
    await out.end();
  }
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(`${summary(counts, out, seconds)}\n`);
  return 0;
}

class Printer {
  readonly #vehicle: Vehicle;
  #text = '';
  #first: number | null = null;
  #last = 0;
  readonly spans = new Map<string, { first: number; last: number }>();
  points = 0;
  events = 0;

  constructor(vehicle: Vehicle) {
    this.#vehicle = vehicle;
  }

  /** seconds from the first to the last reading */
  get lasted(): number {
    return this.#first === null ? 0 : (this.#last - this.#first) / 1000;
  }

  take(reading: Reading): void {
    this.#first ??= reading.time;
    this.#last = reading.time;
    if (reading.kind !== 'tick') this.#span(reading.kind, reading.time);
    const outputs = this.#vehicle.push(reading);
    let changed = false;
    for (const output of outputs) {
      this.#print(output);
      if (output.kind === 'event' && STATE_AFTER.has(output.what)) changed = true;
    }
    if (changed) this.state();
  }

  state(): void {
    if (this.#first !== null) this.#line({ kind: 'state', ...this.#vehicle.now(this.#last) });
  }

  readonly flush = (): Promise<void> | undefined => {
    if (this.#text.length < BATCH) return undefined;
    const room = process.stdout.write(this.#text);
    this.#text = '';
    return room ? undefined : once(process.stdout, 'drain').then(() => {});
  };

  async end(): Promise<void> {
    const room = this.#text === '' || process.stdout.write(this.#text);
    this.#text = '';
    if (!room) await once(process.stdout, 'drain');
  }

  #span(kind: string, time: number): void {
    const span = this.spans.get(kind);
    if (!span) this.spans.set(kind, { first: time, last: time });
    else if (time > span.last) span.last = time;
  }

  #print(output: Output): void {
    if (output.kind === 'event') {
      this.events++;
      this.#line(output);
      return;
    }
    this.points++;
    // the contract's own text, with our kind in front: "kind" there says what a record is on the wire
    this.#text += `{"kind":"point",${pointText(output.point).replace('"kind":"telemetry",', '').slice(1)}\n`;
  }

  #line(value: object): void {
    this.#text += `${JSON.stringify(value)}\n`;
  }
}

function summary(counts: RecordedCounts, out: Printer, seconds: number): string {
  const times = seconds > 0 ? Math.round(out.lasted / seconds) : 0;
  const told = [`${out.lasted.toFixed(1)} s of driving in ${seconds.toFixed(2)} s, ${times} times real time`];
  const read = Object.entries({ ...counts, points: out.points, events: out.events });
  told.push(...read.filter(([, count]) => count > 0).map(([kind, count]) => `${kind} ${count}`));
  const fixes = out.spans.get('fix');
  for (const [kind, file] of [
    ['signal', '--can'],
    ['line', '--io'],
  ] as const) {
    const span = out.spans.get(kind);
    if (fixes && span && (span.first > fixes.last || span.last < fixes.first)) {
      told.push(`the times of ${file} lie outside those of --nmea: is one of their clocks wrong?`);
    }
  }
  return told.join(', ');
}
