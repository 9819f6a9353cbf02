// agent/main: kerbside cameras: what a technician asks before a site file is written. Out: NDJSON.
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/errors.ts';
import { describeCamera, discoverCameras } from '../../../drivers/camera/onvif.ts';

export const help = `usage: kerbside cameras discover [--seconds N=3]
       kerbside cameras describe http://user:password@host[/onvif/device_service]

discover   ONVIF cameras in this network: a line for each, {address, name, hardware}
describe   one camera's streams: a line for each, {profile, name, stream, snapshot, codec, width, height, rate, presets}
Addresses come without name and password: put yours into them, and into \`source\` of the site file.`;

/** @returns exit status @throws KerbError ONVIF_*, CAMERA_* */
export async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '3' } },
  });
  const [verb, address] = positionals;
  const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  if (verb === 'discover' && positionals.length === 1) {
    const seconds = Number(values.seconds);
    if (!(seconds > 0 && seconds <= 60)) {
      throw new KerbError('USAGE', 'is no time to wait', `--seconds ${values.seconds}`, 'give 1 to 60');
    }
    const found = await discoverCameras(seconds * 1000);
    for (const camera of found) print(camera);
    if (found.length === 0) process.stderr.write('kerbside: no ONVIF camera has answered in this network\n');
    return found.length > 0 ? 0 : 1;
  }
  if (verb === 'describe' && address !== undefined && positionals.length === 2) {
    const { profiles } = await describeCamera(address);
    for (const { token, ...profile } of profiles) print({ profile: token, ...profile });
    return profiles.length > 0 ? 0 : 1;
  }
  throw new KerbError('USAGE', 'what to do is missing or unknown', 'kerbside cameras', 'see kerbside cameras --help');
}
