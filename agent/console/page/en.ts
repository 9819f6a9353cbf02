// agent/console page: every word of the page in English, and the shape that each other language fills.
// In: names and numbers. Out: sentences. Pure: also read by tests.
import { enFlows } from './en-flows.ts';
import { enSetup } from './en-setup.ts';
import { enUpdates } from './en-updates.ts';
import { enVehicle } from './en-vehicle.ts';
import { bytes, duration, fixed } from './format.ts';
import { hasWord, thingIn } from './things.ts';

/** What a sentence about one track is made of. */
export interface WhyFacts {
  thing: string;
  zone: string | null;
  score: number;
  dwell_s: number;
  limit_s: number;
}

const thing = (label: string) => thingIn('en', label);
const a = (name: string) => `${/^[aeiou]/.test(thing(name)) ? 'an' : 'a'} ${thing(name)}`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export const en = {
  locale: 'en-GB',
  product: 'Kerbside',
  skip: 'Skip to content',
  rooms: 'Rooms',
  room: { now: 'Now', cases: 'Cases', vehicle: 'Vehicle', health: 'Health', setup: 'Set-up' },
  /** what a class of the detector is called in a list; one without a word stays as its model writes it */
  name: (label: string) => (hasWord(label) ? capital(thing(label)) : label),
  duration: (seconds: number) => duration(seconds, ['s', 'min', 'h', 'd'], ' '),
  seconds: (seconds: number) => `${fixed(seconds, 1)} s`,
  bytes,
  justNow: 'just now',
  unknown: 'not yet known',
  close: 'Close',
  back: 'All cases',
  display: {
    title: 'Display',
    lang: 'Language',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark', sun: 'Sun' },
  },
  worst: {
    ok: 'All well',
    warn: (n: number) => (n === 1 ? '1 warning' : `${n} warnings`),
    bad: (n: number) => (n === 1 ? '1 fault' : `${n} faults`),
    lost: 'No connection',
    loading: 'Connecting',
  },
  link: {
    title: 'Link to the centre',
    online: 'Online',
    offline: 'Offline',
    connecting: 'Connecting',
    none: 'No centre',
    unknown: 'Unknown',
    noneHint: 'No broker is configured: records are kept on this box.',
    offlineHint: 'Nothing is lost: records wait on this box and go out once the link is back.',
  },
  contact: {
    lost: 'Connection to the box lost',
    remedy:
      'What you see is the last that was received. This page tries again by itself; check that the box has power and that this device is in its network.',
  },
  live: {
    title: 'Live picture',
    state: { starting: 'Starting', live: 'Live', lost: 'Lost' },
    last: 'Last picture',
    starting: 'The camera is being opened. The first picture comes as soon as it sends one.',
    lost: 'Camera lost',
    lostRemedy: "The box keeps trying. Check the camera's power, its cable and its address in the site file.",
    waiting: 'Waiting for the first picture',
    masked: 'People are made unrecognisable before a picture is shown or stored.',
    summary: (objects: number, timed: number, reported: number) =>
      `${objects} objects followed, ${timed} being timed, ${reported} reported`,
    cameras: 'Cameras',
    none: 'This box has no camera',
    noneHint: 'Name one in the site file, then restart the agent.',
    legend: { zone: 'Zone', timed: 'Being timed', reported: 'Became a case', followed: 'Followed', seen: 'Only seen' },
  },
  rates: {
    looks: 'looks per second',
    ms: 'ms a look',
    skipped: 'frames skipped',
    fps: 'frames per second',
  },
  timed: {
    title: 'In the zones',
    none: 'Nothing stands in a zone',
    noneHint: (limit: string) => `A vehicle that stays in a zone for ${limit} becomes a case.`,
    noZone: 'This camera has no zone',
    noZoneHint: 'Draw one in the room Set-up: without a zone nothing becomes a case.',
    of: (dwell: string, limit: string) => `${dwell} of ${limit}`,
  },
  why: {
    title: 'Why',
    gone: 'It has left the picture. This is what was last known.',
    reason: {
      timing: 'Being timed',
      paused: 'Paused',
      reported: 'Became a case',
      outside: 'In no zone',
      hours: 'Not at this hour',
      group: 'Counts together',
      class: 'No rule about it',
      score: 'Too unsure',
    },
    sentence: {
      timing: (f: WhyFacts) =>
        `${capital(a(f.thing))} has stood ${fixed(f.dwell_s, 1)} s in “${f.zone}”; at ${fixed(f.limit_s)} s it becomes a case.`,
      reported: (f: WhyFacts) =>
        `${capital(a(f.thing))} has stood ${fixed(f.dwell_s, 1)} s in “${f.zone}”; at ${fixed(f.limit_s)} s it became a case.`,
      outside: (f: WhyFacts) => `This ${thing(f.thing)} is in no zone that has a rule about it, so it is not timed.`,
      hours: (f: WhyFacts) =>
        `The rule about ${a(f.thing)} in “${f.zone}” does not hold at this hour, so it is not timed.`,
      group: (f: WhyFacts) => `${capital(a(f.thing))} in “${f.zone}” counts only together with others.`,
      class: (f: WhyFacts) => `No rule is about ${a(f.thing)}, so it is followed but never reported.`,
      score: (f: WhyFacts) =>
        `The box is only ${fixed(f.score * 100)} % sure of it, less than the rule asks, so it is not timed.`,
      none: 'No rule has judged it yet.',
    },
    fact: {
      seen: 'Seen for',
      score: 'Score',
      zone: 'Zone',
      dwell: 'In zone',
      limit: 'Limit',
      rule: 'Rule',
      track: 'Track',
      reason: 'Why not',
    },
    debug: 'Why was this not a case?',
    debugHint: 'Everything that is followed in this picture, and what stands between it and a case.',
    empty: 'Nothing is followed in this picture.',
  },
  cases: {
    title: 'Cases',
    latest: 'Latest cases',
    all: 'All cases',
    none: 'No case yet',
    noneHint: (limit: string | null) =>
      limit === null
        ? 'As soon as a rule is broken in a zone, the case appears here with two pictures.'
        : `A vehicle that stays in a zone for ${limit} appears here, with a picture of its arrival and one of the moment the time was up.`,
    limit: (n: number) => `The newest ${n} are shown.`,
    gone: 'This case is not on this box',
    goneHint: 'It may belong to a demo that was begun anew.',
    role: { first: 'First seen', proof: 'Time was up', after: 'After handling' },
    state: { reported: 'Reported' },
    upstream: { waiting: 'Waiting for the centre', acknowledged: 'The centre has it' },
    code2013: (code: string) => `2013: ${code}`,
    fact: {
      place: 'Place',
      grid: 'Grid cell',
      lasted: 'Stood for',
      owner: 'Owner',
      deadline: 'Deadline',
      certainty: 'Certainty',
      zone: 'Zone',
      camera: 'Camera',
      id: 'Case id',
      event: 'Event id',
      position: 'Position',
    },
    allowed: (limit: string) => `${limit} allowed`,
    left: (time: string) => `${time} left`,
    over: (time: string) => `${time} overdue`,
    timeline: 'What happened',
    evidence: 'Evidence',
    trace: 'Why it is a case',
    traceText: (f: {
      thing: string;
      zone: string;
      dwell: string;
      limit: string;
      rule: string;
      profile: string;
      name: string;
      sure: string;
    }) =>
      `${capital(a(f.thing))} stood ${f.dwell} in “${f.zone}”. Rule ${f.rule} of profile ${f.profile} allows ${f.limit}, so this is: ${f.name}. Certainty ${f.sure} %.`,
    masked: 'What was masked',
    maskedText: (n: number) =>
      n === 0
        ? 'Nobody had to be masked in these pictures. The number plate stays readable, because the rule is about vehicles.'
        : `${n === 1 ? '1 person was' : `${n} persons, counted in each picture, were`} made unrecognisable before the pictures were written. The number plate stays readable, because the rule is about vehicles.`,
    facts: 'Facts',
    lost: 'picture no longer kept',
  },
  outbox: {
    title: 'Waiting to be sent',
    lane: { alarm: 'Alarms', case: 'Cases', telemetry: 'Telemetry', evidence: 'Evidence' },
    empty: 'Everything has arrived at the centre',
    oldest: (age: string) => `oldest ${age}`,
    records: (n: number) => (n === 1 ? '1 record' : `${n} records`),
  },
  health: {
    title: 'Health',
    ok: 'The box is well',
    warn: 'The box works, with warnings',
    bad: 'The box needs help',
    level: { ok: 'Well', warn: 'Warning', bad: 'Fault' },
    checks: 'Checks',
    none: 'No check has run yet',
    noneHint: 'The first results come within a few seconds of the start.',
    device: 'This box',
    fact: { device: 'Device', city: 'City', started: 'Running for', clock: 'Clock' },
    clock: { unknown: 'not synchronised', held: 'holding the last time', synced: 'synchronised' },
  },
  demo: {
    title: 'Demo',
    text: "A street clip runs in a loop. The white van's case stays open, so it is reported once only.",
    fresh: 'Begin the demo anew',
    sure: "This deletes the demo's cases and what waits to be sent.",
    yes: 'Delete and begin anew',
    no: 'Keep',
    busy: 'Beginning anew. The page comes back by itself.',
    failed: (why: string) => `That did not work: ${why}`,
  },
  vehicle: enVehicle,
  ...enFlows,
  ...enSetup,
  ...enUpdates,
};

/** Each language has exactly these words. */
export type Words = typeof en;
