// agent/main: `kerbside replay nmea FILE`: a receiver's recording as epochs.
// In: a log of a GNSS receiver, plain or gzip. Out: a line of JSON per epoch, the last one flushed.
import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/errors.ts';
import { GnssDecoder } from '../../../drivers/gnss/index.ts';
import { readRecording } from '../../../drivers/serial/recording.ts';
import { EpochLines } from '../epoch-lines.ts';

export const help = `
usage: kerbside replay nmea FILE

Reads what a GNSS receiver sent (NMEA 0183, plain or .gz; SiRF binary too) and prints a line of JSON per epoch:
{time, mode, lat, lon, alt, speed, track, hdop, satellites:[{system, prn, elevation, azimuth, snr, used}], flags?, why?}
time: epoch ms or null while the date is not known; mode: 1 no fix, 2 position, 3 position and altitude;
metres, metres per second, degrees; prn counts within its system; flags: frozen, jump, repeat, time-back.
What was skipped is counted on stderr.`;

/** a recording of more bytes is printed by a thread of its own */
const LONG = 4_000_000;

export async function run(argv: string[]): Promise<number> {
  const { positionals } = parseArgs({ args: argv, options: {}, allowPositionals: true });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    throw new KerbError('USAGE_REPLAY_NMEA', 'one FILE is needed', 'kerbside replay nmea', 'see --help');
  }
  const decoder = new GnssDecoder();
  const lines = new EpochLines((await size(path)) > LONG);
  try {
    for await (const bytes of readRecording(path)) {
      for (const epoch of decoder.push({ bytes, wall: null })) {
        if (lines.full) await lines.room();
        lines.add(epoch);
      }
    }
    for (const epoch of decoder.flush()) {
      if (lines.full) await lines.room();
      lines.add(epoch);
    }
  } finally {
    await quietly(lines.end());
  }
  const { counters } = decoder;
  const read = counters.sentences + counters.ignored + counters.sirf + counters.ubx + counters.rtcm3;
  if (read === 0) {
    throw new KerbError('NMEA_NOTHING', 'holds no sentence of a GNSS receiver', path, 'give a log of NMEA 0183');
  }
  const told = Object.entries(counters).filter(([, count]) => count > 0);
  process.stderr.write(`${told.map(([kind, count]) => `${kind} ${count}`).join(', ')}\n`);
  return 0;
}

/** Bytes of the file, 0 where it is not there (reading it says so). */
async function size(path: string): Promise<number> {
  return stat(path).then(
    (file) => file.size,
    () => 0,
  );
}

/** A reader of stdout that went away is no fault. */
async function quietly(work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
