// agent/console: the paths about zones, rules and near-misses, described; see openapi.ts.
import { ID_PATTERN } from '../../contract/index.ts';
import { nearMissSchema, siteAnswerSchema, siteDocumentSchema, siteFaultsSchema } from './schemas-site.ts';

export const SITE_COMPONENTS = {
  Site: siteAnswerSchema,
  SiteDocument: siteDocumentSchema,
  SiteFaults: siteFaultsSchema,
  NearMiss: nearMissSchema,
};

const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const fault = (description: string) => json(description, ref('Error'));
const id = { type: 'string', pattern: ID_PATTERN.source };
const none = fault('this box has no camera role');

export const SITE_PATHS = {
  '/api/site': {
    get: {
      operationId: 'site',
      summary: 'The site and the rules in force, and where they come from; its revision is the ETag too',
      responses: { '200': json('the site', ref('Site')), '404': none },
    },
    put: {
      operationId: 'editSite',
      summary:
        'Puts edited zones, lines and rules in force at once, without a restart and without losing a dwell so far, and ' +
        'keeps them; the box names their version. Only from this page or a script',
      parameters: [
        {
          name: 'If-Match',
          in: 'header',
          schema: { type: 'string' },
          description: 'the revision that it was made from: refused when another one is in force by now',
        },
      ],
      requestBody: { required: true, content: { 'application/json': { schema: ref('SiteDocument') } } },
      responses: {
        '200': json('in force and kept', ref('Site')),
        '400': fault('the body is broken JSON'),
        '403': fault('asked by another site'),
        '404': none,
        '412': fault('another revision is in force'),
        '413': fault('larger than 512 KiB'),
        '415': fault('the body is not JSON'),
        '422': json('every fault of it; nothing has changed', ref('SiteFaults')),
        '503': fault('it cannot be kept now; nothing has changed'),
      },
    },
  },
  '/api/site/edits': {
    delete: {
      operationId: 'forgetEdits',
      summary: 'Back to the publication or the site file; the edit is gone. Only from this page or a script',
      responses: {
        '200': json('what is in force now', ref('Site')),
        '403': fault('asked by another site'),
        '404': none,
        '503': fault('that cannot be kept now; nothing has changed'),
      },
    },
  },
  '/api/cameras/{camera}/near-misses': {
    get: {
      operationId: 'nearMisses',
      summary:
        'Stays and gatherings of the last hour (by the time of frames) that ended without becoming a case, longest first, ' +
        'at most 50; not kept through a restart',
      parameters: [{ name: 'camera', in: 'path', required: true, schema: id, description: 'id of the camera' }],
      responses: {
        '200': json('the near-misses', { type: 'array', items: ref('NearMiss') }),
        '400': fault('not an id'),
        '404': fault('no such camera'),
      },
    },
  },
};
