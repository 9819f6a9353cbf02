// centre: its HTTP interface, described. Data only.
const json = (description: string) => ({ description, content: { 'application/json': { schema: {} } } });

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Kerbside centre', version: '1', description: 'What the centre has received. Served on 127.0.0.1.' },
  paths: {
    '/healthz': {
      get: { summary: 'Whether database and broker answer', responses: { 200: json('state'), 503: json('state') } },
    },
    '/metrics': { get: { summary: 'Prometheus metrics', responses: { 200: { description: 'text' } } } },
    '/api/state': { get: { summary: 'Counts, devices, link', responses: { 200: json('state') } } },
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
  },
};
