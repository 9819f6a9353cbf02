// centre: vehicles over HTTP: where they are, and their tracks as files. Tracks are streamed a page at a time.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ID_PATTERN } from '../contract/index.ts';
import type { Db } from './db.ts';
import { parseSpan } from './spans.ts';
import { geoJson, gpx } from './track-files.ts';
import { listVehicles, trackPoints, wholeSpan } from './vehicles.ts';

const FILES = {
  geojson: { type: 'application/geo+json', render: geoJson },
  gpx: { type: 'application/gpx+xml', render: gpx },
} as const;

export type Fail = (reply: FastifyReply, status: number, code: string, what: string) => FastifyReply;

export function vehicleRoutes(app: FastifyInstance, db: Db, fail: Fail): void {
  app.get('/api/vehicles', () => listVehicles(db));
  for (const [name, { type, render }] of Object.entries(FILES)) {
    app.get<{ Params: { device: string }; Querystring: Record<string, unknown> }>(
      `/api/vehicles/:device/track.${name}`,
      async (request, reply) => {
        const { device } = request.params;
        const span = parseSpan(request.query);
        if ('error' in span) return fail(reply, 400, 'SPAN', span.error);
        const ends = ID_PATTERN.test(device) ? await wholeSpan(db, device, span) : null;
        if (!ends) return fail(reply, 404, 'NOT_FOUND', 'no vehicle of this name has sent a point');
        const text = render(device, trackPoints(db, device, ...ends));
        return reply
          .type(type)
          .header('content-disposition', `inline; filename="${device}.${name}"`)
          .send(Readable.from(text, { objectMode: false }));
      },
    );
  }
}
