// campaign: the box. A writer with all lanes and the uplink in one process, as in the agent. It is killed at any moment.
// In: options as JSON in argv, orders as lines on stdin. Out: a line for each record, once it is on disk and not before:
// "A lane epoch seq number"; "R lane code number" for one that was refused; "C id" for a command that begins to run; "E"
// once the centre has all.
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Commands, drainRateHandler, type Handler, pingHandler } from '../agent/commands/index.ts';
import { systemClock } from '../agent/health/clock.ts';
import { Random } from '../agent/main/drive/random.ts';
import { openOutbox } from '../agent/outbox/index.ts';
import { Uplink } from '../agent/uplink/index.ts';
import { KerbError, LANES, type Lane } from '../contract/index.ts';
import { CHUNKS, CITY, DEVICE, picture, recordOf } from './records.ts';
import { undoable } from './undo.ts';

export interface BoxOptions {
  dir: string;
  broker: string;
  seed: number;
  /** which start this is: its records are numbered from life * PER_LIFE on */
  life: number;
  /** ms that the wall clock is wrong */
  skew: number;
  /** where what could be undone by a power cut is noted */
  undo: string;
}
export type Order =
  | { do: 'clock'; skew: number }
  | { do: 'flood'; lane: Exclude<Lane, 'evidence'>; count: number }
  /** says once more that it is there, so that the centre sends what waits */
  | { do: 'born' }
  | { do: 'calm' };

/** Records of a lane that one life may make. */
export const PER_LIFE = 50_000;
const KIB = 1024;
/** Small, so that segments come and go and quotas are felt. */
export const QUOTAS: Record<Lane, number> = {
  alarm: 512 * KIB,
  case: 1024 * KIB,
  telemetry: 1024 * KIB,
  evidence: 2048 * KIB,
};
/** What a tick (ms) brings at most, by lane. */
const TICK = 50;
const MOST = { alarm: 2, case: 2, telemetry: 16 };
const FLOOR = Date.UTC(2026, 10, 1);

const options = JSON.parse(process.argv[2] ?? '') as BoxOptions;
const random = new Random(options.seed, options.life);
const real = systemClock();
let { skew } = options;
const clock = {
  wall: () => real.wall() + skew,
  mono: real.mono,
  quality: () => (real.wall() + skew < FLOOR ? ('unknown' as const) : ('held' as const)),
};

let said = '';
function say(line: string): void {
  if (said === '') {
    setImmediate(() => {
      process.stdout.write(said);
      said = '';
    });
  }
  said += `${line}\n`;
}

const outbox = await openOutbox(options.dir, {
  clock,
  bootId: real.boot,
  newEpoch: () => randomBytes(8).toString('hex'),
  segmentBytes: { alarm: 128 * KIB, case: 128 * KIB, telemetry: 128 * KIB, evidence: 256 * KIB },
  quotaBytes: QUOTAS,
  disk: undoable(options.undo, options.dir, new Random(options.seed, options.life + 1_000_000)),
});
const uplink = new Uplink({
  city: CITY,
  device: DEVICE,
  broker: options.broker,
  lanes: LANES.map((lane) => outbox.lane(lane)),
  birth: () => ({ version: 'campaign', boot: real.boot, roles: ['camera', 'vehicle'] }),
  clock,
  random: () => random.next(),
  // Everything as on a box, only sooner: a campaign has no minutes to wait.
  limits: {
    spread: 100,
    backoff: 100,
    backoffMax: 1000,
    stable: 500,
    gather: 300,
    ackTimeout: 2000,
    ackTimeoutMax: 8000,
  },
  onDown: (what, payload) => {
    if (what === 'command') commands.take(payload);
  },
});

const told =
  (handler: Handler): Handler =>
  (command, context) => {
    say(`C ${command.id}`);
    return handler(command, context);
  };
const waiting = async () => ({ case: (await outbox.lane('case').stats()).waiting });
const about = { version: 'campaign', boot: real.boot };
const commands = new Commands({
  device: DEVICE,
  dir: join(dirname(options.dir), 'commands'),
  clock,
  facts: { ...about, profiles: () => [], caseState: () => null },
  handlers: {
    ping: told(pingHandler({ ...about, clock, started: clock.mono(), waiting })),
    'drain-rate': told(drainRateHandler(uplink)),
  },
  answer: (id, reply) => void uplink.publish(`reply/${id}`, reply),
  onFault: () => undefined,
});

const next: Record<Exclude<Lane, 'evidence'>, number> = {
  alarm: options.life * PER_LIFE,
  case: options.life * PER_LIFE,
  telemetry: options.life * PER_LIFE,
};
const pending = new Set<Promise<void>>();

function append(lane: Lane, number: number): Promise<void> {
  const done = outbox
    .append(lane, recordOf(lane, number))
    .then(
      ({ epoch, seq }) => say(`A ${lane} ${epoch} ${seq} ${number}`),
      (error: unknown) => say(`R ${lane} ${error instanceof KerbError ? error.code : String(error)} ${number}`),
    )
    .finally(() => pending.delete(done));
  pending.add(done);
  return done;
}

/** One more record; a case's picture goes before it, as on a box. */
async function produce(lane: Exclude<Lane, 'evidence'>): Promise<void> {
  const number = next[lane]++;
  if (lane === 'case') {
    const { chunks } = picture(number);
    await Promise.all(Array.from({ length: chunks }, (_, chunk) => append('evidence', number * CHUNKS + chunk)));
  }
  await append(lane, number);
}

uplink.start();
say('O');
const writer = setInterval(() => {
  for (const lane of ['alarm', 'case', 'telemetry'] as const) {
    const count = Math.floor(random.next() ** 2 * (MOST[lane] + 1));
    for (let i = 0; i < count; i++) void produce(lane);
  }
}, TICK);

async function calm(): Promise<void> {
  clearInterval(writer);
  while (pending.size > 0) await Promise.all(pending);
  await uplink.untilEmpty();
  say('E');
}

process.once('SIGTERM', () => {
  clearInterval(writer);
  void uplink
    .close()
    .then(() => commands.close())
    .then(() => outbox.close())
    .then(() => process.exit(0));
});

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order;
  if (order.do === 'clock') skew = order.skew;
  else if (order.do === 'flood') for (let i = 0; i < order.count; i++) void produce(order.lane);
  else if (order.do === 'born') uplink.bornAgain();
  else void calm();
}
// Who gives the orders is gone.
process.exit(1);
