// agent/console: the page's interface, described for scripts. In: nothing but the version. Out: an OpenAPI 3.1 document.
// Never: a path that is not served, nor one served under /api, /healthz or /metrics that is not here (server.test).
import { z } from 'zod';
import { ID_PATTERN } from '../../contract/index.ts';
import { FLOWS_COMPONENTS, FLOWS_PATHS } from './openapi-flows.ts';
import { SITE_COMPONENTS, SITE_PATHS } from './openapi-site.ts';
import {
  apiCaseSchema,
  errorSchema,
  frameDataSchema,
  healthzSchema,
  lineSwitchSchema,
  stateSchema,
  trailPointSchema,
  vehicleStateSchema,
} from './schemas.ts';

const COMPONENTS = {
  State: stateSchema,
  Case: apiCaseSchema,
  Frame: frameDataSchema,
  Vehicle: vehicleStateSchema,
  TrailPoint: trailPointSchema,
  LineSwitch: lineSwitchSchema,
  ...FLOWS_COMPONENTS,
  ...SITE_COMPONENTS,
  Healthz: healthzSchema,
  Error: errorSchema,
};

type Name = keyof typeof COMPONENTS;
const ref = (name: Name) => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });
const fault = (description: string) => json(description, ref('Error'));
const picture = (description: string) => ({
  '200': { description, content: { 'image/jpeg': {} } },
  '400': fault('not an id or number'),
  '404': fault('no such picture (any more)'),
});
const path = (name: string, schema: object, description: string) => ({
  name,
  in: 'path',
  required: true,
  schema,
  description,
});
const id = { type: 'string', pattern: ID_PATTERN.source };

function components(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(COMPONENTS).map(([name, schema]) => {
      const { $schema: _, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>;
      return [name, rest];
    }),
  );
}

/** The whole description. `version` is the agent's own. */
export function openapi(version: string): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kerbside: the box',
      version,
      description: 'What the page on the box shows, for scripts. SI units, epoch milliseconds, WGS-84.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [],
    paths: {
      '/healthz': {
        get: {
          operationId: 'healthz',
          summary: 'Is the box well',
          responses: { '200': json('nothing is wrong', ref('Healthz')), '503': json('what is wrong', ref('Healthz')) },
        },
      },
      '/metrics': {
        get: {
          operationId: 'metrics',
          summary: 'Prometheus metrics',
          responses: {
            '200': { description: 'text exposition format', content: { 'text/plain': { schema: { type: 'string' } } } },
          },
        },
      },
      '/api/state': {
        get: {
          operationId: 'state',
          summary:
            'Device, version, clock, link, outbox by lane, cameras with their real rates, vehicle, outputs, flows, health',
          responses: { '200': json('the state now', ref('State')) },
        },
      },
      '/api/cases': {
        get: {
          operationId: 'cases',
          summary: 'Cases, newest first; with `after` the `limit` oldest that are newer than it, still newest first',
          parameters: [
            { name: 'after', in: 'query', schema: id, description: 'id of a case' },
            {
              name: 'limit',
              in: 'query',
              schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
              description: 'how many at most',
            },
          ],
          responses: {
            '200': json('the cases', { type: 'array', items: ref('Case') }),
            '400': fault('a parameter is wrong'),
            '404': fault('no case has the id in `after`'),
          },
        },
      },
      '/api/evidence/{id}.jpg': {
        get: {
          operationId: 'evidence',
          summary: "A case's picture, persons masked",
          parameters: [path('id', id, 'id of the evidence')],
          responses: picture('the picture'),
        },
      },
      '/api/cameras/{camera}/frames/{seq}.jpg': {
        get: {
          operationId: 'frame',
          summary: 'One frame that was looked at, persons masked; kept for a few seconds',
          parameters: [
            path('camera', id, 'id of the camera'),
            path('seq', { type: 'integer', minimum: 0 }, 'seq of the frame, as in the `frame` event'),
          ],
          responses: picture('the frame'),
        },
      },
      '/api/cameras/{camera}/latest.jpg': {
        get: {
          operationId: 'latestFrame',
          summary: 'The newest frame that was looked at, persons masked; its seq is in the header x-frame-seq',
          parameters: [path('camera', id, 'id of the camera')],
          responses: picture('the frame'),
        },
      },
      '/api/vehicle/trail': {
        get: {
          operationId: 'trail',
          summary: "The vehicle's trail of the last hours, oldest first",
          parameters: [
            {
              name: 'since',
              in: 'query',
              schema: { type: 'integer', minimum: 0 },
              description: 'only points newer than this, epoch ms',
            },
          ],
          responses: {
            '200': json('the points', { type: 'array', items: ref('TrailPoint') }),
            '400': fault('a parameter is wrong'),
            '404': fault('this box is in no vehicle'),
          },
        },
      },
      '/api/vehicle/map.geojson': {
        get: {
          operationId: 'map',
          summary: 'The streets that the page draws: a GeoJSON FeatureCollection (RFC 7946)',
          responses: {
            '200': { description: 'the streets', content: { 'application/geo+json': { schema: { type: 'object' } } } },
            '404': fault('this box has no map'),
          },
        },
      },
      '/api/vehicle/lines/{id}': {
        post: {
          operationId: 'setLine',
          summary: "Switches one of the demo's made lines; only from this page or a script",
          parameters: [path('id', id, 'id of the line')],
          requestBody: { required: true, content: { 'application/json': { schema: ref('LineSwitch') } } },
          responses: {
            '200': json('it was switched', ref('LineSwitch')),
            '400': fault('not an id, or the body is not {"state": 0} or {"state": 1}'),
            '403': fault('asked by another site'),
            '404': fault('no such line, or its lines are real and cannot be switched'),
            '415': fault('the body is not JSON'),
          },
        },
      },
      ...FLOWS_PATHS,
      ...SITE_PATHS,
      '/api/events': {
        get: {
          operationId: 'events',
          summary:
            'Server-sent events: `state` each second (State), `frame` per look (Frame), `case` on change (Case), ' +
            '`vehicle` each second (Vehicle)',
          responses: {
            '200': { description: 'the stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
            '503': fault('too many pages are open'),
          },
        },
      },
      '/api/demo/fresh': {
        post: {
          operationId: 'fresh',
          summary: 'Begins the demo anew; only where the demo runs, only from this page or a script',
          responses: {
            '202': json('it begins', { type: 'object', properties: { ok: { const: true } }, required: ['ok'] }),
            '403': fault('asked by another site'),
            '404': fault('this box runs no demo'),
          },
        },
      },
      '/api/openapi.json': {
        get: {
          operationId: 'openapi',
          summary: 'This document',
          responses: { '200': json('OpenAPI 3.1', { type: 'object' }) },
        },
      },
    },
    components: { schemas: components() },
  };
}
