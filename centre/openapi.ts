// centre: its HTTP interface, described. Data only.
import { FLAGS, REPLY_STATES } from '../contract/index.ts';
import { MOST_DEVICES } from './devices.ts';
import { deviceSchema } from './openapi-devices.ts';

const json = (description: string) => ({ description, content: { 'application/json': { schema: {} } } });

const span = (name: 'from' | 'to', description: string) => ({
  name,
  in: 'query',
  schema: { type: 'string' },
  description: `${description}; ISO 8601 (without an offset: UTC) or epoch ms, inclusive`,
});
const track = (summary: string, type: string) => ({
  get: {
    summary,
    parameters: [
      { name: 'device', in: 'path', required: true, schema: { type: 'string' } },
      span('from', 'first moment; default: a day before to or the newest point'),
      span('to', 'last moment; default: none, without from the newest point'),
    ],
    responses: {
      200: { description: 'the track, streamed', content: { [type]: { schema: {} } } },
      400: json('no such span'),
      404: json('no vehicle of this name has sent a point'),
    },
  },
});
const maybe = (type: string, description: string) => ({ type: [type, 'null'], description });
const vehicle = {
  type: 'object',
  required: ['device', 'city', 'online', 'heard', 'position', 'track'],
  properties: {
    device: { type: 'string' },
    city: { type: 'string' },
    online: { type: 'boolean', description: 'as its birth and last will say' },
    heard: { type: 'number', description: 'time of its newest point, epoch ms' },
    position: {
      type: ['object', 'null'],
      description: 'of the newest point that has a position; a point that comes late does not change it',
      properties: {
        at: { type: 'number', description: 'epoch ms' },
        lat: { type: 'number', description: 'degrees, WGS-84' },
        lon: { type: 'number', description: 'degrees, WGS-84' },
        alt: maybe('number', 'm above mean sea level'),
        speed: maybe('number', 'm/s'),
        track: maybe('number', 'degrees from true north'),
        mode: { type: 'integer', description: '1 no fix, 2 two-dimensional, 3 three-dimensional, 4 dead reckoning' },
        odometer: maybe('number', 'm'),
        ignition: maybe('integer', '0 off, 1 on'),
        lines: { type: 'integer', description: 'bit n: state of line n' },
        flags: { type: 'array', items: { enum: FLAGS }, description: 'doubts about the point' },
      },
    },
    track: {
      type: 'object',
      properties: { geojson: { type: 'string' }, gpx: { type: 'string' } },
      description: 'addresses of its track',
    },
  },
};

const command = {
  type: 'object',
  required: ['nr', 'id', 'device', 'name', 'at', 'expires', 'state', 'sends', 'sent', 'ended', 'by'],
  properties: {
    nr: { type: 'integer', description: 'grows with every command given' },
    id: { type: 'string' },
    device: { type: 'string' },
    name: { type: 'string', description: 'what is asked' },
    at: { type: 'number', description: 'when it was given, epoch ms' },
    expires: maybe('number', 'not begun from then on, epoch ms'),
    state: { enum: ['waiting', ...REPLY_STATES, 'unanswered'] },
    sends: { type: 'integer', description: 'times it was sent' },
    sent: maybe('number', 'when last, epoch ms'),
    ended: maybe('number', 'when its end was known here, epoch ms'),
    by: { enum: ['box', 'centre', null], description: 'who ended it: the centre alone what was never sent' },
    clock: { type: 'string', description: "how good the box's clock was" },
    reason: { type: 'string' },
    result: { type: 'object' },
  },
};

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Kerbside centre', version: '1', description: 'What the centre has received. Served on 127.0.0.1.' },
  paths: {
    '/healthz': {
      get: { summary: 'Whether database and broker answer', responses: { 200: json('state'), 503: json('state') } },
    },
    '/metrics': { get: { summary: 'Prometheus metrics', responses: { 200: { description: 'text' } } } },
    '/api/state': {
      get: { summary: 'Counts, devices, link, the repository of updates', responses: { 200: json('state') } },
    },
    '/api/events': {
      get: {
        summary: 'What happens, as it happens: server-sent events',
        description:
          'event: alarm, data: {device, epoch, seq, at, record}; one that comes more than two minutes late is no event',
        responses: { 200: { description: 'text/event-stream, without an end' }, 503: json('error') },
      },
    },
    '/api/cases': {
      get: {
        summary: 'Cases, newest first; with after the oldest that came later',
        parameters: [
          { name: 'after', in: 'query', schema: { type: 'integer' }, description: 'nr of a case' },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 } },
        ],
        responses: { 200: json('cases, each as its box wrote it, with nr, received and pictures'), 400: json('error') },
      },
    },
    '/api/commands': {
      get: {
        summary: 'Commands to boxes, newest first: what waits, and how each ended',
        parameters: [
          { name: 'device', in: 'query', schema: { type: 'string' } },
          { name: 'state', in: 'query', schema: { enum: ['waiting', 'ended'] } },
          { name: 'before', in: 'query', schema: { type: 'integer' }, description: 'nr of a command' },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 } },
        ],
        responses: {
          200: {
            description: 'commands',
            content: { 'application/json': { schema: { type: 'array', items: command } } },
          },
          400: json('error'),
        },
      },
    },
    '/api/evidence/{id}.jpg': {
      get: {
        summary: 'A picture, once it is whole',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'device', in: 'query', schema: { type: 'string' } },
        ],
        responses: { 200: { description: 'JPEG' }, 404: json('error') },
      },
    },
    '/api/devices': {
      get: {
        summary: 'Devices by id: what each runs, what is wanted of it, and what came of it',
        parameters: [
          { name: 'after', in: 'query', schema: { type: 'string' }, description: 'id of a device: those after it' },
          {
            name: 'limit',
            in: 'query',
            schema: { type: 'integer', minimum: 1, maximum: MOST_DEVICES, default: MOST_DEVICES },
          },
        ],
        responses: {
          200: {
            description: 'devices',
            content: { 'application/json': { schema: { type: 'array', items: deviceSchema } } },
          },
          400: json('error'),
        },
      },
    },
    '/updates/metadata/{file}': {
      get: {
        summary: 'A file of the repository in a folder (centre run --updates DIR); byte ranges are known',
        parameters: [{ name: 'file', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'the file' }, 206: { description: 'a range of it' }, 404: json('error') },
      },
    },
    '/updates/targets/{path}': {
      get: {
        summary: 'The same for a target, at any depth',
        parameters: [{ name: 'path', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'the file' }, 206: { description: 'a range of it' }, 404: json('error') },
      },
    },
    '/api/vehicles': {
      get: {
        summary: 'Devices that have sent telemetry points, by id (at most 1000)',
        responses: {
          200: {
            description: 'vehicles',
            content: { 'application/json': { schema: { type: 'array', items: vehicle } } },
          },
        },
      },
    },
    '/api/vehicles/{device}/track.geojson': track(
      'A FeatureCollection (RFC 7946): a LineString for each trip or gap of more than 5 min, with coordTimes and speeds ' +
        '(m/s); a Point where there is only one position',
      'application/geo+json',
    ),
    '/api/vehicles/{device}/track.gpx': track('The same as GPX 1.1, a segment for each line', 'application/gpx+xml'),
  },
};
