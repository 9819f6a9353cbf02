// agent/main/updates: which rules a box takes from afar, and what stays its own.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { scratch } from '../../../models/testing.ts';
import type { Version } from '../../../ota/device/index.ts';
import { loadTaxonomy } from '../../cases/index.ts';
import { loadSite, type Site } from '../../config/site.ts';
import { ProfileKind } from './profile-kind.ts';

const FILE = join(import.meta.dirname, '../../../examples/street/site.yaml');
const taxonomy = loadTaxonomy();

async function box(t: ExecutionContext) {
  const folder = await scratch(t);
  const text = await readFile(FILE, 'utf8');
  const site = await loadSite(FILE);
  const own: Site = {
    ...site,
    cameras: site.cameras.map((camera) => ({ ...camera, source: 'rtsp://user:secret@here/1', transport: 'udp' })),
  };
  const on: { site: Site; running: Version } = {
    site: own,
    running: { name: 'street', version: 'demo-1', counter: null },
  };
  const kind = new ProfileKind({
    own: () => own,
    taxonomy,
    running: () => on.running,
    labels: () => new Set(['person', 'car', 'truck', 'bus']),
    publish: (make, running) => {
      const former = { ...on };
      Object.assign(on, { site: make(own), running });
      return () => Object.assign(on, former);
    },
  });
  const stage = async (pushed: string) => {
    await writeFile(join(folder, 'p.yaml'), pushed);
    return kind.stage({ name: 'street', version: 'demo-2', counter: 4, files: [], folder, first: 'p.yaml' });
  };
  return { text, own, on, kind, stage };
}

const limit = (site: Site) => site.profile.rules[0]?.dwell_s.value;
const RULES = `
version: demo-3
rules:
  - { id: parked-vehicle, kind: dwell, code: "09009", zones: [no-parking], classes: [car], min_score: 0.5,
      dwell_s: { value: 12, source: a test } }
`;

test('a whole site file brings rules and zones; how cameras are reached stays the box`s own', async (t) => {
  const { text, on, stage } = await box(t);
  const pushed = text
    .replace('value: 30', 'value: 20')
    .replace('[[628, 78], [716, 74]', '[[600, 78], [716, 74]')
    .replace('picture: [768, 576]', 'picture: [768, 576]\n    source: rtsp://elsewhere/1');
  const candidate = await stage(pushed);
  await candidate.check();
  t.is(limit(on.site), 30);
  await candidate.switch();
  t.is(limit(on.site), 20);
  t.like(on.site.cameras[0], { source: 'rtsp://user:secret@here/1', transport: 'udp' });
  t.deepEqual(on.site.cameras[0]?.zones[0]?.polygon[0], [600, 78]);
  t.deepEqual(on.running, { name: 'street', version: 'demo-2', counter: 4 });
  await candidate.back();
  t.is(limit(on.site), 30);
  t.is(on.running.counter, null);
});

test('a profile file brings rules alone', async (t) => {
  const { own, on, stage } = await box(t);
  for (const text of [RULES, `id: street${RULES}`]) {
    const candidate = await stage(text);
    await candidate.check();
    await candidate.switch();
    t.is(limit(on.site), 12);
    t.deepEqual(on.site.cameras, own.cameras);
  }
});

test('a profile of another site is none of its business', async (t) => {
  const { kind } = await box(t);
  t.deepEqual([kind.fits('street'), kind.fits('square')], [true, false]);
});

const BAD: [string, (text: string) => string, string][] = [
  ['no YAML', () => 'rules: [', 'CONFIG_YAML'],
  ['no profile', () => 'id: street\nversion: 1\n', 'CONFIG_INVALID'],
  ['an unknown key', (text) => `${text}\ndwell: 5\n`, 'CONFIG_INVALID'],
  [
    'rules that lie elsewhere',
    (text) => `${text.slice(0, text.indexOf('\nprofile:'))}\nprofile: other.yaml\n`,
    'CONFIG_INVALID',
  ],
  ['a rule twice', () => `${RULES}${RULES.slice(RULES.indexOf('  - '))}`, 'CONFIG_INVALID'],
  ['a code that is none', (text) => text.replace('"09009"', '"99999"'), 'PROFILE_CODE_UNKNOWN'],
  ['another site', (text) => text.replace('id: street', 'id: square'), 'PROFILE_OTHER_SITE'],
  ['the rules of another site', () => `id: square${RULES}`, 'PROFILE_OTHER_SITE'],
  ['other cameras', (text) => text.replace('id: pole-1', 'id: pole-2'), 'PROFILE_CAMERAS'],
  ['classes that the detector does not know', () => RULES.replace('[car]', '[litter]'), 'PROFILE_CLASSES'],
];
for (const [what, change, code] of BAD) {
  test(`refused: ${what}`, async (t) => {
    const { text, own, on, stage } = await box(t);
    const work = async () => (await stage(change(text))).check();
    const error = await t.throwsAsync(work, { code });
    t.false(/\n/.test(error?.message ?? ''), 'one line');
    t.is(on.site, own, 'what runs is untouched');
  });
}
