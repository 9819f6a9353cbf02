// agent/console: the paths about zones, rules and near-misses. In: requests. Out: what is in force, or every fault of an edit.
// Never: an edit of another site's page, one over a state that its maker did not see, or an address of a camera told.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleSources } from './api.ts';
import type { SiteAnswer, SiteSource } from './api-site.ts';
import type { Faults } from './routes-flows.ts';

/** Largest site that is taken, bytes. */
const MAX_SITE_BYTES = 512 * 1024;
const SITE = '/api/site';

export interface SiteRoutesFaults extends Faults {
  identity(text: unknown, where: string): string;
  changed(what: string, where: string, remedy: string): Error;
}

const tagged = (reply: FastifyReply, answer: SiteAnswer) => reply.header('etag', `"${answer.revision}"`).send(answer);

export function addSiteRoutes(app: FastifyInstance, sources: ConsoleSources, faults: SiteRoutesFaults): void {
  const { missing, busy, guardOrigin, identity, changed } = faults;
  const source = (): SiteSource => {
    if (sources.site) return sources.site;
    throw missing('this box has no cameras', SITE, 'give it the camera role in its configuration');
  };
  app.get(SITE, (_, reply) => tagged(reply, source().answer()));
  app.put(SITE, { bodyLimit: MAX_SITE_BYTES }, async (request, reply) => {
    const site = source();
    guardOrigin(request, SITE);
    const edited = await site.edit(request.body, revisionOf(request)).catch((error: unknown) => {
      throw busy(error);
    });
    if ('changed' in edited) {
      throw changed('zones and rules were changed meanwhile', SITE, `read them again: ${edited.changed} is in force`);
    }
    if ('faults' in edited) {
      const [first] = edited.faults;
      const error = `${first?.path || 'the site'}: ${first?.en}`.replaceAll('\n', ' ');
      return reply.code(422).send({ code: 'SITE_INVALID', error, faults: edited.faults });
    }
    return tagged(reply, edited.done);
  });
  app.delete(`${SITE}/edits`, async (request, reply) => {
    const site = source();
    guardOrigin(request, SITE);
    const answer = await site.forget().catch((error: unknown) => {
      throw busy(error);
    });
    return tagged(reply, answer);
  });
  app.get('/api/cameras/:camera/near-misses', (request: FastifyRequest<{ Params: { camera: string } }>) => {
    const camera = identity(request.params.camera, 'camera');
    const found = sources.nearMisses?.(camera) ?? null;
    if (found === null) throw missing('there is no such camera', camera, 'see /api/state');
    return found;
  });
}

/** What If-Match names; null: nothing, or any. */
function revisionOf({ headers }: FastifyRequest): string | null {
  const match = headers['if-match'];
  if (match === undefined || match === '*') return null;
  return match.replace(/^W\//, '').replaceAll('"', '').slice(0, 64);
}
