// Topic names of the MQTT contract, built and taken apart in one place. Imports lanes only.
import { isLane, type Lane } from './lanes.ts';

/** Ids of cities, devices and units: what may stand in a topic level. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const ROOT = 'kerb/v1';

/** Everything one device publishes and reads, as exact topics. */
export function deviceTopics(city: string, device: string) {
  const base = `${ROOT}/${city}/${device}`;
  return {
    base,
    status: `${base}/up/status`,
    lane: (lane: Exclude<Lane, 'evidence'>) => `${base}/up/${lane}`,
    evidence: (id: string, chunk: number) => `${base}/up/evidence/${id}/${chunk}`,
    /** records of kind `report`; they are numbered in lane `case` */
    report: `${base}/up/report`,
    reply: (command: string) => `${base}/up/reply/${command}`,
    ack: `${base}/down/ack`,
    desired: `${base}/down/desired`,
    command: `${base}/down/command`,
    up: `${base}/up/#`,
    down: `${base}/down/#`,
  };
}

/** What the centre subscribes to: everything that any device sends up. */
export const ALL_UP = `${ROOT}/+/+/up/#`;

export type UpTopic = { city: string; device: string } & (
  | { what: 'status' }
  | { what: 'report' }
  | { what: 'lane'; lane: Exclude<Lane, 'evidence'> }
  | { what: 'evidence'; id: string; chunk: number }
  | { what: 'reply'; id: string }
);

/** Takes an upward topic apart; null for anything that is not one (a hostile or foreign name). */
export function parseUpTopic(topic: string): UpTopic | null {
  if (topic.length > 512) return null;
  const [kerb, v1, city, device, up, what, id, chunk, ...rest] = topic.split('/');
  if (`${kerb}/${v1}` !== ROOT || up !== 'up' || rest.length > 0) return null;
  if (!city || !device || !ID_PATTERN.test(city) || !ID_PATTERN.test(device)) return null;
  if ((what === 'status' || what === 'report') && id === undefined) return { city, device, what };
  if (what === 'evidence') {
    if (!id || !chunk || !ID_PATTERN.test(id) || !/^\d{1,6}$/.test(chunk)) return null;
    return { city, device, what, id, chunk: Number(chunk) };
  }
  if (what === 'reply') {
    return id && ID_PATTERN.test(id) && chunk === undefined ? { city, device, what, id } : null;
  }
  if (what !== undefined && isLane(what) && what !== 'evidence' && id === undefined) {
    return { city, device, what: 'lane', lane: what };
  }
  return null;
}
