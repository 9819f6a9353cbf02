// agent/local: a case out of what a flow reports. Pure: the same report at the same time gives the same case.
import {
  type Case,
  caseSchema,
  derivedId,
  type FlowCase,
  firstIssue,
  flowCaseSchema,
  KerbError,
} from '../../contract/index.ts';

/** Where the box stands, and what it is called. */
export interface FlowCaseBox {
  device: string;
  site: string;
  camera: string;
  place: Case['place'];
  /** the matter's name by its code; undefined: no such matter */
  nameOf: (code: string) => Case['name'] | undefined;
}

/**
 * @param now epoch ms, where the report has no time of its own
 * @throws KerbError FLOW_CASE when the contract has no such case
 */
export function caseOfFlow(draft: FlowCase, box: FlowCaseBox, now: number): Case {
  const read = flowCaseSchema.safeParse(draft);
  if (!read.success) throw new KerbError('FLOW_CASE', firstIssue(read.error), 'flow', 'mend the report');
  const at = draft.at ?? now;
  const name = box.nameOf(draft.code);
  if (!name)
    throw new KerbError('FLOW_CASE', `no matter has the code ${draft.code}`, 'flow', 'give a code of the table');
  const { zone = 'flow', camera = box.camera, certainty } = draft;
  const made = caseSchema.safeParse({
    v: 1,
    kind: 'case',
    id: derivedId(at, box.device, 'flow-case', draft.code, draft.request),
    device: box.device,
    site: box.site,
    camera,
    event: derivedId(at, box.device, 'flow-event', draft.code, draft.request),
    at,
    until: at,
    code: draft.code,
    name,
    place: draft.place ? { ...draft.place, text: draft.place.text ?? box.place.text } : box.place,
    zone,
    zone_name: { zh: zone, en: zone },
    class: draft.class ?? 'flow',
    track: 0,
    box: [0, 0, 0, 0],
    certainty,
    rule: { id: 'flow', limit_s: 0, dwell_s: 0, profile: 'flow' },
    state: 'reported',
    evidence: [],
  });
  if (!made.success) throw new KerbError('FLOW_CASE', firstIssue(made.error), 'flow', 'mend the report');
  return made.data;
}
