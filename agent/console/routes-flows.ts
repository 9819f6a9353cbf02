// agent/console: the paths about flows. In: requests. Out: an opened or closed editor.
// Never: a password in a log, in the state, or told to another site.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FlowsSource } from './api-flows.ts';
import { editorRequestSchema } from './schemas-flows.ts';

/** What the other paths are answered with, too. */
export interface Faults {
  bad(what: string, where: string, remedy: string): Error;
  missing(what: string, where: string, remedy: string): Error;
  /** the box cannot do it now, and says why */
  busy(error: unknown): Error;
  /** @throws an error for a request of another site */
  guardOrigin(request: FastifyRequest, where: string): void;
}

const EDITOR = '/api/flows/editor';

export function addFlowsRoutes(app: FastifyInstance, flows: FlowsSource | undefined, faults: Faults): void {
  const { bad, missing, busy, guardOrigin } = faults;
  const source = (): FlowsSource => {
    if (flows) return flows;
    throw missing('this box runs no flows', EDITOR, 'add flows to its configuration');
  };
  app.post(EDITOR, async (request) => {
    const known = source();
    guardOrigin(request, EDITOR);
    const wanted = editorRequestSchema.safeParse(request.body);
    if (!wanted.success) throw bad('is no number of minutes', EDITOR, 'send {"minutes": 30} as JSON, at most 120');
    return known.openEditor(wanted.data.minutes).catch((error: unknown) => {
      throw busy(error);
    });
  });
  app.post(`${EDITOR}/close`, async (request, reply) => {
    const known = source();
    guardOrigin(request, EDITOR);
    known.closeEditor();
    return reply.code(202).send({ ok: true });
  });
}
