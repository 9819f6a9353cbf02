// centre: what its tests share.
import { createServer, type Server } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { roundPoint, type TelemetryPoint } from '../contract/index.ts';

/** The wire protocol of Postgres in front of a PGlite, for one connection: whole messages in, answers out. */
export async function postgresWire(db: PGlite): Promise<Server> {
  const made = createServer((socket) => {
    let rest = Buffer.alloc(0);
    let started = false;
    let turn = Promise.resolve();
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => void db.exec('rollback'));
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const head = started ? 1 : 0;
        if (rest.length < head + 4) return;
        const size = head + rest.readUInt32BE(head);
        if (rest.length < size) return;
        const message = new Uint8Array(rest.subarray(0, size));
        rest = rest.subarray(size);
        started = true;
        // X ends the connection, not the database.
        if (head === 1 && message[0] === 0x58) return void socket.end();
        turn = turn.then(async () => void socket.write(await db.execProtocolRaw(message)));
      }
    });
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return made;
}

/** The nth point of a drive to the east, one a second. */
export function pointAt(n: number, more: Partial<TelemetryPoint> = {}): TelemetryPoint {
  const place = { mode: 3, lat: 33.8446, lon: 115.7786 + n * 1e-5, alt: 37.2, track: 90, hdop: 0.8, satellites: 17 };
  const motion = { speed: 8.33, speed_source: 1, speed_bus: null, odometer: 1e6 + 8 * n, engine_s: 1e6 + n, rpm: 900 };
  const rest = { fuel: 55.5, ignition: 1, lines: 5, flags: 0, why: 0 };
  const at = Date.UTC(2026, 2, 1) + n * 1000;
  return roundPoint({ v: 1, kind: 'telemetry', at, ...place, ...motion, ...rest, ...more });
}
