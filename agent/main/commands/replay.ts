// agent/main: `kerbside replay nmea|can|drive`: names the file of each recording's kind; each loads only what it needs.
import { KerbError } from '../../../contract/errors.ts';

interface Replay {
  run(argv: string[]): Promise<number>;
  readonly help: string;
}

const KINDS = ['nmea', 'can', 'drive'];

export const help = `
usage: kerbside replay nmea FILE                what a GNSS receiver sent, as epochs
       kerbside replay can FILE [--dbc FILE]    what was on a bus, decoded
       kerbside replay drive --profile FILE --nmea FILE [--can FILE] [--io FILE]
                                                a recorded drive: state, events, telemetry points`;

export async function run(argv: string[]): Promise<number> {
  const [kind, ...rest] = argv;
  if (kind === undefined || !KINDS.includes(kind)) {
    throw new KerbError('USAGE_REPLAY', 'nmea, can or drive is needed', 'kerbside replay', 'see --help');
  }
  const replay: Replay = await import(`./replay-${kind}.ts`);
  return replay.run(rest);
}
