// centre: `centre run`, put together: database, intake, broker, commands, HTTP. It reads top to bottom.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { oneLine } from '../contract/index.ts';
import { BrokerLink, parseBrokerUrl } from './broker-link.ts';
import { Courier } from './courier.ts';
import type { Target } from './db.ts';
import { startHttp } from './http.ts';
import { Intake } from './intake.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { onceAMinute } from './once-a-minute.ts';
import { openDatabase } from './open.ts';
import { Poke } from './poke.ts';
import { listKnown } from './queries.ts';
import { RepositoryWatch, type Source } from './repository-watch.ts';

export interface RunOptions {
  broker: string;
  database: Target;
  port: number;
  clientId: string;
  /** the repository of updates; null: none */
  updates: Source | null;
}

const LOCK_WITHIN = 10_000;
/** A centre that was told to end is gone after this, whatever still runs: what is not committed comes again. */
const END_WITHIN = 900;

/** Runs until SIGINT or SIGTERM; gives the exit status. @throws KerbError when it cannot start */
export async function runCentre(options: RunOptions): Promise<number> {
  const log = pino({ name: 'centre' }, pino.destination({ dest: 2, sync: true }));
  const address = parseBrokerUrl(options.broker);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        setTimeout(() => process.exit(0), END_WITHIN).unref();
        resolve();
      });
    }
  });
  const started = Date.now();
  const { db, lock } = await openDatabase(options.database, LOCK_WITHIN);
  const warn = onceAMinute((line) => log.warn(line));

  let reason = 'not connected yet';
  const metrics = new Metrics(() => link.online);
  const live = new Live();
  const poke = new Poke((topic, payload) => link.publish(topic, payload, true));
  const watch = options.updates && new RepositoryWatch(options.updates, ({ timestamp }) => poke.version(timestamp));
  const intake = new Intake({
    db,
    now: Date.now,
    publish: (topic, payload) => void link.publish(topic, payload),
    onStored: (stored, messages, ms) => {
      metrics.stored(stored, messages, ms);
      live.alarms(stored.alarms.live);
      if (stored.births > 0) void courier.wake();
      for (const { city, device } of stored.devices) poke.known(city, device);
      for (const { device, why } of stored.rejects) warn('reject', `${device || 'unknown'}: ${why}`);
    },
    onReject: (reject) => {
      metrics.rejected(reject);
      warn('reject', `${reject.device || 'unknown'}: ${reject.why}`);
    },
    onFault: (line) => warn('database', line),
  });
  const link: BrokerLink = new BrokerLink({
    ...address,
    clientId: options.clientId,
    onDelivery: (delivery, more) => intake.take(delivery, more),
    onState: (state, why) => {
      reason = why;
      if (state === 'online') poke.all();
      if (state === 'online') log.info(`connected to ${address.url} (${why})`);
      else warn('broker', `no connection to ${address.url}: ${why}`);
    },
  });
  const courier: Courier = new Courier({
    db,
    now: Date.now,
    online: () => link.online,
    publish: (topic, payload) => void link.publish(topic, payload),
    onFault: (line) => warn('commands', line),
  });
  const token = randomBytes(24).toString('base64url');
  const state = () => ({ online: link.online, broker: address.url, reason });
  const http = await startHttp({
    ...{ db, metrics, token, port: options.port, started, now: Date.now, link: state },
    live,
    onCommand: () => void courier.wake(),
    updates: () => watch?.state ?? null,
    repository: options.updates?.kind === 'folder' ? options.updates.path : null,
  }).catch(async (error: unknown) => {
    await db.close();
    lock?.release();
    throw error;
  });
  lock?.write({ pid: process.pid, started, port: http.port, token });
  log.info(`database ${db.name}; page at http://127.0.0.1:${http.port}/`);
  link.start();
  courier.start();
  for (const { city, device } of await listKnown(db)) poke.known(city, device);
  watch?.start();

  await stopped;
  watch?.close();
  poke.close();
  // The connection first: nothing new comes in, and what is not stored stays with the broker and the boxes.
  await link.close();
  await courier.close();
  await intake.close();
  live.close();
  await http.close();
  await db.close().catch((error: unknown) => log.warn(oneLine(error)));
  lock?.release();
  return 0;
}
