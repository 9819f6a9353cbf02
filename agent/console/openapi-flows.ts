// agent/console: the paths about flows, described; see openapi.ts.
import { editorOpenedSchema, editorRequestSchema, flowsStateSchema, outputStateSchema } from './schemas-flows.ts';

export const FLOWS_COMPONENTS = {
  Flows: flowsStateSchema,
  Output: outputStateSchema,
  EditorRequest: editorRequestSchema,
  EditorOpened: editorOpenedSchema,
};

const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const fault = (description: string) => json(description, ref('Error'));

export const FLOWS_PATHS = {
  '/api/flows/editor': {
    post: {
      operationId: 'openEditor',
      summary:
        "Opens the flows' editor (Node-RED) on 127.0.0.1 of the box for so many minutes, with a password that is told " +
        'here once; whoever was in it is out. Only from this page or a script',
      requestBody: { required: true, content: { 'application/json': { schema: ref('EditorRequest') } } },
      responses: {
        '200': json('it is open', ref('EditorOpened')),
        '400': fault('the body is not {"minutes": a number up to 120}'),
        '403': fault('asked by another site'),
        '404': fault('this box runs no flows'),
        '415': fault('the body is not JSON'),
        '503': fault('flows do not run now, or did not open it'),
      },
    },
  },
  '/api/flows/editor/close': {
    post: {
      operationId: 'closeEditor',
      summary: 'Closes the editor: tokens are void, its websockets are cut; only from this page or a script',
      responses: {
        '202': json('it closes', { type: 'object', properties: { ok: { const: true } }, required: ['ok'] }),
        '403': fault('asked by another site'),
        '404': fault('this box runs no flows'),
      },
    },
  },
};
