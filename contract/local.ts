// What crosses the box's own broker on 127.0.0.1, between the agent and flows: topics and messages. Schemas only.
import { z } from 'zod';
import { caseSchema } from './case.ts';
import { ID_PATTERN } from './topics.ts';

const id = z.string().regex(ID_PATTERN);
const words = z.strictObject({ zh: z.string().max(200), en: z.string().max(200) });

/** Largest message that flows may send, bytes. */
export const MAX_LOCAL_IN_BYTES = 64 * 1024;
/** Largest picture that the agent hands to flows, bytes. */
export const MAX_LOCAL_PICTURE_BYTES = 1024 * 1024;
/** How many open cases the retained list names; the rest is a number. */
export const MAX_LOCAL_OPEN = 200;

/** All topics of the local broker. The agent writes `out` and the editor's, flows write `in` and `alive`. */
export const LOCAL = {
  all: 'kerb/local/#',
  outAll: 'kerb/local/out/#',
  inAll: 'kerb/local/in/#',
  flowsAll: 'kerb/local/flows/#',
  /** an Event, as the contract has it */
  event: 'kerb/local/out/event',
  /** a case was opened, changed or closed: localCaseSchema */
  case: 'kerb/local/out/case',
  /** all open cases, retained: localOpenSchema */
  open: 'kerb/local/out/open',
  /** a telemetry point, as the contract has it */
  telemetry: 'kerb/local/out/telemetry',
  /** the answer to a snapshot request: one line of localSnapshotSchema, a line break, the JPEG */
  snapshot: (request: string) => `kerb/local/out/snapshot/${request}`,
  snapshotAll: 'kerb/local/out/snapshot/+',
  /** the answer to any request: localReplySchema */
  reply: (request: string) => `kerb/local/out/reply/${request}`,
  replyAll: 'kerb/local/out/reply/+',
  setLine: 'kerb/local/in/line',
  askSnapshot: 'kerb/local/in/snapshot',
  makeCase: 'kerb/local/in/case',
  /** the heartbeat of flows, retained, with will: flowsAliveSchema */
  alive: 'kerb/local/flows/alive',
  /** agent -> flows, never retained: editorOpenSchema; an empty object closes */
  editorOpen: 'kerb/local/flows/editor/open',
  editorClose: 'kerb/local/flows/editor/close',
  editorAll: 'kerb/local/flows/editor/+',
} as const;

/** What a flow needs to know of a case. */
export const localCaseSchema = caseSchema
  .pick({ id: true, code: true, at: true, until: true, camera: true, zone: true, class: true, name: true })
  .extend({ v: z.literal(1), kind: z.literal('local-case'), open: z.boolean() });
export type LocalCase = z.infer<typeof localCaseSchema>;

/** Every open case of the box (the newest 200), so that a flow that starts late knows the state. */
export const localOpenSchema = z.object({
  v: z.literal(1),
  kind: z.literal('local-open'),
  cases: z.array(localCaseSchema).max(MAX_LOCAL_OPEN),
  /** open cases that the list leaves out */
  more: z.number().int().min(0),
});
export type LocalOpen = z.infer<typeof localOpenSchema>;

/** Switches an output line by its name in the box's configuration. */
export const setLineSchema = z.strictObject({ v: z.literal(1), request: id, line: id, on: z.boolean() });
export type SetLine = z.infer<typeof setLineSchema>;

/** Asks for one masked picture. Without a camera: the box's first. */
export const askSnapshotSchema = z.strictObject({ v: z.literal(1), request: id, camera: id.optional() });
export type AskSnapshot = z.infer<typeof askSnapshotSchema>;

/** A case that a flow reports: what a person or a sensor wired to the box saw. The agent adds device, site and id. */
export const flowCaseSchema = z.strictObject({
  v: z.literal(1),
  request: id,
  code: z.string().regex(/^\d{5}$/),
  /** epoch ms; left out: now */
  at: z.number().min(0).max(8.64e15).optional(),
  zone: id.optional(),
  camera: id.optional(),
  class: z.string().min(1).max(40).optional(),
  certainty: z.number().min(0).max(1),
  /** degrees, WGS-84; left out: where the box stands */
  place: z
    .strictObject({ lon: z.number().min(-180).max(180), lat: z.number().min(-90).max(90), text: words.optional() })
    .optional(),
});
export type FlowCase = z.infer<typeof flowCaseSchema>;

/** Done, or why not. */
export const localReplySchema = z.object({
  v: z.literal(1),
  kind: z.literal('local-reply'),
  request: id,
  ok: z.boolean(),
  /** of the case that was made */
  id: id.optional(),
  reason: z.string().max(500).optional(),
});
export type LocalReply = z.infer<typeof localReplySchema>;

/** The line before a picture. */
export const localSnapshotSchema = z.object({
  v: z.literal(1),
  kind: z.literal('local-snapshot'),
  request: id,
  camera: id,
  /** when the frame was taken */
  at: z.number(),
  bytes: z.number().int().min(1).max(MAX_LOCAL_PICTURE_BYTES),
  mime: z.literal('image/jpeg'),
  masked: z.strictObject({ persons: z.number().int().min(0) }),
});
export type LocalSnapshot = z.infer<typeof localSnapshotSchema>;

/** Opens the flows' editor for so many minutes with this password. */
export const editorOpenSchema = z.strictObject({
  v: z.literal(1),
  minutes: z.number().min(0.01).max(120),
  password: z.string().min(8).max(128),
});
export type EditorOpen = z.infer<typeof editorOpenSchema>;

const fault = z.object({
  code: z.string().max(64),
  what: z.string().max(300),
  where: z.string().max(300),
  remedy: z.string().max(300),
});

/** What flows say about themselves every few seconds; the will says only `online: false`. */
export const flowsAliveSchema = z.union([
  z.object({ v: z.literal(1), online: z.literal(false) }),
  z.object({
    v: z.literal(1),
    online: z.literal(true),
    pid: z.number().int(),
    /** epoch ms of the process's start */
    since: z.number(),
    node_red: z.string().max(20),
    /** flows are loaded but not run: three ends in a row */
    safe: z.boolean(),
    /** flows run */
    running: z.boolean(),
    editor: z.object({ open: z.boolean(), port: z.number().int().optional(), until: z.number().optional() }),
    /** resident memory of the process, bytes */
    rss: z.number().min(0),
    /** times in a row that these flows ended their process, and the last reason */
    ends: z.object({ count: z.number().int().min(0), last: z.string().max(300).optional() }),
    nodes: z.number().int().min(0),
    /** messages to the agent that were not sent: too many */
    dropped: z.number().int().min(0),
    /** cases of flows that were refused */
    refused: z.number().int().min(0),
    faults: z.array(fault).max(16),
  }),
]);
export type FlowsAlive = z.infer<typeof flowsAliveSchema>;
