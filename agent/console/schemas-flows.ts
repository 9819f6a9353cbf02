// agent/console: the shapes of api-flows.ts as schemas; see schemas.ts.
import { z } from 'zod';

const words = z.object({ zh: z.string(), en: z.string() });
const ms = (what: string) => z.number().describe(`${what}, epoch ms`);

export const flowsStateSchema = z.object({
  state: z
    .enum(['starting', 'running', 'stopped', 'safe', 'gone'])
    .describe('stopped: alive, nothing runs; safe: loaded and not run, after three ends in a row; gone: no process'),
  since: ms('since when it is so'),
  node_red: z.string().nullable().describe("Node-RED's version; null while it is gone"),
  rss: z.number().nullable().describe('resident memory of the process, bytes; null while it is gone'),
  nodes: z.number(),
  ends: z.number().describe('times in a row that these flows ended their process'),
  last_end: z
    .object({ at: ms('when'), reason: z.string() })
    .nullable()
    .describe('when and why they last did; null: they did not, or have run well since'),
  dropped: z.number().describe('requests of flows that were not sent: too many'),
  refused: z.number().describe('cases of flows that were refused'),
  faults: z.array(z.object({ code: z.string(), what: z.string(), where: z.string(), remedy: z.string() })),
  editor: z.object({
    open: z.boolean(),
    url: z.string().nullable().describe('on the box itself: from elsewhere through ssh -L'),
    until: ms('when it closes by itself').nullable(),
  }),
});

export const outputStateSchema = z.object({
  id: z.string(),
  name: words,
  state: z.union([z.literal(0), z.literal(1)]),
  since: ms('since when it is so'),
  error: z.string().optional().describe('why it cannot be switched'),
});

/** What opens the editor. */
export const editorRequestSchema = z.strictObject({
  minutes: z.number().min(0.01).max(120).describe('it closes by itself after so long'),
});

export const editorOpenedSchema = z.object({
  user: z.string().describe('the name to log in with'),
  password: z.string().describe('told once'),
  url: z.string().describe('on the box itself: from elsewhere through ssh -L'),
  until: ms('when it closes by itself'),
});
