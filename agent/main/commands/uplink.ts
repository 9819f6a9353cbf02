// agent/main: `kerbside uplink`: joins an outbox folder and the uplink, and sends until stopped or until all is there.
// In: argv. Out: words on stderr, an exit status. Never: a record taken for sent that the centre has not acknowledged.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ID_PATTERN, KerbError, LANES } from '../../../contract/index.ts';
import { systemClock } from '../../health/clock.ts';
import { openOutbox } from '../../outbox/index.ts';
import { parseBroker, Uplink } from '../../uplink/index.ts';
import { openCommands } from '../box-commands.ts';
import { FaultLog } from '../log.ts';

export const help = `
usage: kerbside uplink DIR --broker URL --device ID [--city ID] [--until-empty] [--ca FILE] [--cert FILE --key FILE]
Sends what waits in the outbox folder DIR, until stopped (SIGINT or SIGTERM), and does what the centre asks meanwhile
(ping, drain-rate).
  --broker URL     mqtt://user:password@host:port (mqtts, ws and wss too)
  --device ID      the device it is sent as
  --city ID        the city in the topics (default: bozhou)
  --until-empty    ends with 0 once the centre has acknowledged all of it
  --ca FILE        of mqtts: PEM file with who may have signed the broker's certificate
  --cert, --key    of mqtts: PEM files with our own certificate and its key`;

/** Gives the exit status. @throws KerbError for wrong usage, a bad folder or one in use */
export async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      broker: { type: 'string' },
      device: { type: 'string' },
      city: { type: 'string', default: 'bozhou' },
      'until-empty': { type: 'boolean', default: false },
      ca: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
    },
  });
  const [dir, ...more] = positionals;
  if (dir === undefined || more.length > 0) throw usage('give one folder');
  if (values.broker === undefined || values.device === undefined) throw usage('--broker and --device are needed');
  for (const id of [values.device, values.city]) {
    if (!ID_PATTERN.test(id)) throw usage(`"${id.slice(0, 80)}" is no id (letters, digits, dot, dash, underscore)`);
  }
  if ((values.cert === undefined) !== (values.key === undefined)) throw usage('--cert and --key go together');
  parseBroker(values.broker, '--broker');
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new KerbError('UPLINK_FOLDER', 'there is no such folder', dir, 'give the folder of an outbox');
  }
  return send(dir, { ...values, broker: values.broker, device: values.device });
}

function usage(what: string): KerbError {
  return new KerbError('USAGE_UPLINK', what, 'kerbside uplink', 'see kerbside uplink --help');
}

interface Wanted {
  broker: string;
  device: string;
  city: string;
  'until-empty': boolean;
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

async function send(dir: string, wanted: Wanted): Promise<number> {
  const clock = systemClock();
  const newEpoch = () => randomBytes(8).toString('hex');
  const outbox = await openOutbox(dir, { clock, bootId: clock.boot, newEpoch });
  const say = (line: string) => process.stderr.write(`kerbside uplink: ${line}\n`);
  const uplink = new Uplink({
    city: wanted.city,
    device: wanted.device,
    broker: wanted.broker,
    lanes: LANES.map((lane) => outbox.lane(lane)),
    birth: () => ({ version: 'cli', boot: clock.boot, roles: [] }),
    tls: { ca: wanted.ca, cert: wanted.cert, key: wanted.key },
    clock,
    random: Math.random,
    onDown: (what, payload) => {
      if (what === 'command') commands.take(payload);
    },
    log: say,
  });
  const faults = new FaultLog({ info: () => {}, warn: (_, line) => say(line), error: () => {} }, clock.mono);
  const onFault = (fault: KerbError) => faults.add(fault, 'commands');
  const { device } = wanted;
  const commands = openCommands({ device, version: 'cli', data: dir, clock, outbox, uplink, onFault });
  const stopped = new Promise<'stopped'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stopped'));
  });
  try {
    uplink.start();
    if (!wanted['until-empty']) {
      await stopped;
      return 0;
    }
    const how = await Promise.race([uplink.untilEmpty().then(() => 'empty' as const), stopped]);
    return how === 'empty' ? 0 : 1;
  } finally {
    await uplink.close();
    await commands.close();
    await outbox.close();
  }
}
