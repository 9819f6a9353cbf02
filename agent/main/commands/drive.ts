// agent/main: `kerbside drive synth`: a made drive with its exact truth, for tests, what-ifs and demonstrations.
// In: a seed. Out: what receiver, bus and lines of a made-up sweeper say, as recordings, and the truth beside them.
import { mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../../../contract/index.ts';
import { createDrive } from '../drive/drive.ts';
import { streetsGeoJson } from '../drive/geojson.ts';
import { candumpLine, truthLine } from '../drive/text.ts';
import type { DriveStep } from '../drive/types.ts';

export const help = `
usage: kerbside drive synth [--seed N] [--out DIR] [--seconds N] [--hz 1|2|5|10] [--full-bus]

Makes a drive of a sweeper through made-up streets shaped like the city of Bozhou: turns, lights, sweeping at 8 km/h,
a tunnel without satellites, reflections between buildings, stops with the engine on and off. The same seed and
options give the same bytes.
  --seed N      a whole number, default 1
  --out DIR     made if it is not there; default ./drive-N
  --seconds N   length, default 1980 (a little more than one tour), at most 86400
  --hz N        fixes a second of the receiver, default 1
  --full-bus    a bus of 250 kbit/s filled up: 1,800 frames a second; otherwise about 200
Writes drive.nmea (GPS and BeiDou), drive.candump (J1939), drive.io.ndjson ({time, line, state}), truth.ndjson (ten
lines a second: time, lat, lon, alt, track, speed, odometer, engine_s, rpm, fuel, ignition, lines, tunnel ...) and
streets.geojson (the made-up streets). Prints one line {out, seed, seconds, distance, ...}.`;

const NAMES = ['drive.nmea', 'drive.candump', 'drive.io.ndjson', 'truth.ndjson'] as const;
/** text gathered before it is written, characters */
const BATCH = 1 << 20;

export async function run(argv: string[]): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb !== 'synth') throw new KerbError('USAGE_DRIVE', 'synth is needed', 'kerbside drive', 'see --help');
  const { values } = parseArgs({
    args: rest,
    options: {
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
      seconds: { type: 'string', default: '1980' },
      hz: { type: 'string', default: '1' },
      'full-bus': { type: 'boolean', default: false },
    },
  });
  const seed = whole(values.seed, '--seed', 0, Number.MAX_SAFE_INTEGER);
  const seconds = whole(values.seconds, '--seconds', 1, 86_400);
  const hz = whole(values.hz, '--hz', 1, 10);
  if (hz !== 1 && hz !== 2 && hz !== 5 && hz !== 10) throw usage('--hz', 'give 1, 2, 5 or 10');
  const out = resolve(values.out ?? `drive-${seed}`);
  const told = await write(out, seed, seconds, { hz, fullBus: values['full-bus'] });
  process.stdout.write(`${JSON.stringify({ out, seed, ...told })}\n`);
  return 0;
}

function whole(text: string, where: string, low: number, high: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) throw usage(where, `give a whole number from ${low} to ${high}`);
  return value;
}

function usage(where: string, remedy: string): KerbError {
  return new KerbError('USAGE_DRIVE', 'is not usable', where, remedy);
}

/** Writes a drive of this length; gives what stands in it. @throws KerbError DRIVE_OUT */
async function write(out: string, seed: number, seconds: number, options: { hz: 1 | 2 | 5 | 10; fullBus: boolean }) {
  const files = new Files(out);
  try {
    await files.open();
    const count = { epochs: 0, frames: 0, line_changes: 0 };
    let first: DriveStep['truth'] | null = null;
    let last: DriveStep['truth'] | null = null;
    for (const step of createDrive(seed, options)) {
      if (step.time > seconds * 1000) break;
      first ??= step.truth;
      last = step.truth;
      if (step.nmea !== undefined) count.epochs++;
      count.frames += step.can.length;
      count.line_changes += step.io.length;
      files.add(step);
      if (files.full) await files.flush();
    }
    await files.flush();
    await files.whole('streets.geojson', streetsGeoJson());
    const distance = Math.round(((last?.odometer ?? 0) - (first?.odometer ?? 0)) * 100) / 100;
    return { seconds, start: first?.time, distance, ...count };
  } catch (error) {
    if (error instanceof KerbError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new KerbError('DRIVE_OUT', oneLine(error), out, 'give a folder that can be written', { cause: error });
  } finally {
    await files.close();
  }
}

/** The files of a drive, written a piece at a time. */
class Files {
  readonly #folder: string;
  #handles: Awaited<ReturnType<typeof open>>[] = [];
  readonly #texts = NAMES.map(() => '');

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of NAMES) this.#handles.push(await open(join(this.#folder, name), 'w'));
  }

  get full(): boolean {
    return this.#texts.some((text) => text.length > BATCH);
  }

  add({ nmea, can, io, truth }: DriveStep): void {
    if (nmea !== undefined) this.#texts[0] += nmea;
    for (const frame of can) this.#texts[1] += candumpLine(frame);
    for (const { line, state } of io) this.#texts[2] += `${JSON.stringify({ time: truth.time, line, state })}\n`;
    this.#texts[3] += truthLine(truth);
  }

  async flush(): Promise<void> {
    for (const [i, handle] of this.#handles.entries()) {
      await handle.write(this.#texts[i]!);
      this.#texts[i] = '';
    }
  }

  async whole(name: string, text: string): Promise<void> {
    const handle = await open(join(this.#folder, name), 'w');
    await handle.writeFile(text).finally(() => handle.close());
  }

  async close(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}
