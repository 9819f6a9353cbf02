// Which zones and rules are in force on a box: its file, an edit made on it, a publication; through changes and restarts.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { scratch } from '../../../models/testing.ts';
import { checkCodes, loadTaxonomy } from '../../cases/index.ts';
import { parseSite, readSite, type Site } from '../../config/site.ts';
import type { SiteDocument } from '../../console/api-site.ts';
import { siteAnswerSchema } from '../../console/schemas-site.ts';
import { startSite } from '../updates/chosen.ts';
import { pushedSite } from '../updates/profile-kind.ts';
import { siteLines } from './health.ts';
import { type Published, SiteKeeper } from './keeper.ts';
import { LastGood } from './last-good.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/street/site.yaml');
const taxonomy = loadTaxonomy();
const LABELS = new Set(['person', 'car', 'truck', 'bus']);

/** A box whose own file is a copy of the example, with a secret in it. */
async function box(t: ExecutionContext) {
  const folder = await scratch(t);
  const file = join(folder, 'site.yaml');
  const text = (await readFile(EXAMPLE, 'utf8')).replace(
    'picture: [768, 576]',
    'picture: [768, 576]\n    source: rtsp://user:secret@here/1\n    main: rtsp://user:secret@here/0',
  );
  await writeFile(file, text);
  const adopted: Site[] = [];
  let [clock, changes] = [1000, 0];
  const open = async (published: Published | null = null) =>
    new SiteKeeper({
      file,
      own: await readSite(file),
      fault: null,
      published,
      lastGood: new LastGood(join(folder, 'site-last.json')),
      edits: join(folder, 'site-edits.json'),
      taxonomy,
      labels: () => LABELS,
      now: () => clock++,
      adopt: (site) => adopted.push(site),
      onChange: () => changes++,
      log: () => {},
    });
  return { folder, file, text, adopted, open, changes: () => changes };
}

const limit = (site: Pick<Site, 'profile'>) => site.profile.rules[0]?.dwell_s.value;
const withLimit = (document: SiteDocument, value: number): SiteDocument => {
  const copy = structuredClone(document);
  copy.profile.rules[0]!.dwell_s = { value, source: 'a test' };
  return copy;
};
const VERSION = { name: 'street', version: 'city-7', counter: 4 };
const publication =
  (value: number) =>
  (own: Site): Site =>
    pushedSite(
      `id: street\nversion: city-7\nrules:\n  - { id: parked-vehicle, kind: dwell, code: "09009", zones: [no-parking],
       classes: [car], min_score: 0.5, dwell_s: { value: ${value}, source: the city } }\n`,
      'published',
      own,
      taxonomy,
    );

test('an edit is in force at once, is used at the next start, and tells no way to a camera', async (t) => {
  const { open, adopted } = await box(t);
  const keeper = await open();
  const before = keeper.answer();
  t.is(before.from, 'file');
  t.false(JSON.stringify(before).includes('secret'));
  t.notThrows(() => siteAnswerSchema.parse(before));
  const edited = await keeper.edit(withLimit(before.site, 12), before.revision);
  t.true('done' in edited);
  t.deepEqual([adopted.length, limit(adopted[0]!)], [1, 12]);
  t.like(adopted[0]!.cameras[0], { source: 'rtsp://user:secret@here/1', main: 'rtsp://user:secret@here/0' });
  t.like(keeper.state, { from: 'edited', version: 'demo-1+edit.1' });
  t.is(keeper.site.profile.version, 'demo-1+edit.1', 'cases carry a name of their own');

  const again = await open();
  t.like(again.state, { from: 'edited', revision: keeper.state.revision });
  t.is(limit(again.site), 12);
  await again.forget();
  t.like(again.state, { from: 'file', version: 'demo-1' });
  t.is(limit((await open()).site), 30);
});

test('a class that the detector does not know is a line of health', async (t) => {
  const { open } = await box(t);
  const keeper = await open();
  t.deepEqual(siteLines(keeper.state), []);
  const make = publication(60);
  const mistyped = (own: Site): Site => {
    const site = make(own);
    const rules = site.profile.rules.map((rule) => ({ ...rule, classes: ['car', 'motorbike'] }));
    return { ...site, profile: { ...site.profile, rules } };
  };
  const back = keeper.publish(mistyped, VERSION);
  t.deepEqual(keeper.state.unknown, ['motorbike']);
  const [line, ...others] = siteLines(keeper.state);
  t.like(line, { id: 'site-classes', level: 'warn', value: 'motorbike' });
  t.deepEqual(others, []);
  back();
  await keeper.forget();
  t.deepEqual(keeper.state.unknown, []);
});

test('the same content again changes nothing, not even the version', async (t) => {
  const { open, adopted, folder } = await box(t);
  const keeper = await open();
  await keeper.edit(keeper.answer().site, null);
  t.is(keeper.state.from, 'file');
  t.is(adopted.length, 0);
  await t.throwsAsync(stat(join(folder, 'site-edits.json')));
});

test('who edits what is no longer in force is told so, and nothing changes', async (t) => {
  const { open } = await box(t);
  const keeper = await open();
  const { revision, site } = keeper.answer();
  await keeper.edit(withLimit(site, 12), revision);
  const late = await keeper.edit(withLimit(site, 99), revision);
  t.deepEqual(late, { changed: keeper.state.revision });
  t.is(limit(keeper.site), 12);
});

test('of an edit and a publication the later one is in force; the other is offered, through a restart too', async (t) => {
  const { open } = await box(t);
  const keeper = await open();
  await keeper.edit(withLimit(keeper.answer().site, 12), null);
  const back = keeper.publish(publication(60), VERSION);
  t.like(keeper.state, { from: 'published', version: 'city-7', aside: { version: 'demo-1+edit.1' } });
  t.is(limit(keeper.site), 60);
  t.is(limit(keeper.answer().other!), 12);
  t.is(siteLines(keeper.state).length, 1);
  const restarted = await open({ make: publication(60), version: VERSION, at: 5 });
  t.like(restarted.state, { from: 'published', aside: { version: 'demo-1+edit.1' } });

  await restarted.edit(withLimit(restarted.answer().site, 45), null);
  t.like(restarted.running, { name: 'street', version: 'city-7+edit.2', counter: 4 }, 'it is not fetched again');
  const third = await open({ make: publication(60), version: VERSION, at: 5 });
  t.deepEqual([third.state.from, limit(third.site)], ['edited', 45]);
  t.is((await third.forget()).from, 'published');

  back();
  t.like(keeper.state, { from: 'edited' }, 'a publication that is taken back leaves what was there');
  t.is(limit(keeper.site), 12);
});

test('a changed file is taken; it is newer than an edit, and a broken one changes nothing and is named', async (t) => {
  const { open, file, text, adopted, changes } = await box(t);
  const keeper = await open();
  await keeper.edit(withLimit(keeper.answer().site, 12), null);
  await writeFile(file, text.replace('value: 30', 'value: 20'));
  await keeper.reread();
  t.deepEqual([limit(adopted.at(-1)!), keeper.state.from], [20, 'file']);
  t.is(keeper.state.aside?.version, 'demo-1+edit.1');

  const before = changes();
  await writeFile(file, text.replace('value: 30', 'value: soon'));
  await keeper.reread();
  await keeper.reread();
  t.is(changes(), before + 1, 'told once');
  t.is(limit(keeper.site), 20);
  t.like(keeper.state.fault, { code: 'CONFIG_INVALID' });
  const [line] = siteLines(keeper.state);
  t.regex(line!.value, /dwell_s\.value/);
  await writeFile(file, text.replace('id: street', 'id: square'));
  await keeper.reread();
  t.is(keeper.state.fault?.code, 'SITE_OTHER');
  await writeFile(file, text);
  await keeper.reread();
  t.is(keeper.state.fault, null);
  t.deepEqual([keeper.state.from, limit(keeper.site)], ['edited', 12], 'the file that it was made over is back');
});

test('a publication follows the zones of a changed file, and is not in force where its cameras are gone', async (t) => {
  const { open, file, text } = await box(t);
  const keeper = await open({ make: publication(60), version: VERSION, at: 5 });
  await writeFile(file, text.replace('[628, 78]', '[600, 78]'));
  await keeper.reread();
  t.deepEqual(keeper.site.cameras[0]?.zones[0]?.polygon[0], [600, 78]);
  t.is(limit(keeper.site), 60);
  const whole = (own: Site) => pushedSite(text, 'published', own, taxonomy);
  keeper.publish(whole, VERSION);
  await writeFile(file, text.replace('id: pole-1', 'id: pole-2'));
  await keeper.reread();
  t.like(keeper.state, { from: 'file' });
  t.is(keeper.running.counter, null);
});

const BAD: [string, (site: SiteDocument) => unknown, string, RegExp, RegExp][] = [
  ['no object', () => 7, '', /expected object/, /对象|object/],
  ['an unknown key', (s) => ({ ...s, more: 1 }), '', /more/, /more/],
  ['another site', (s) => ({ ...s, id: 'square' }), 'id', /this box is site "street"/, /本机站点/],
  [
    'another camera',
    (s) => ({ ...s, cameras: [{ ...s.cameras[0], id: 'x' }] }),
    'cameras',
    /has the cameras/,
    /摄像机/,
  ],
  [
    'a way to a camera',
    (s) => ({ ...s, cameras: [{ ...s.cameras[0], source: 'rtsp://elsewhere' }] }),
    'cameras.0.source',
    /leave it out/,
    /站点文件/,
  ],
  [
    'a zone outside the picture',
    (s) => {
      s.cameras[0]!.zones[0]!.polygon[1] = [9999, 5];
      return s;
    },
    'cameras.0.zones.0.polygon.1',
    /outside the picture/,
    /画面之外/,
  ],
  [
    'a zone that crosses itself',
    (s) => {
      s.cameras[0]!.zones[0]!.polygon = [
        [0, 0],
        [100, 100],
        [100, 0],
        [0, 100],
      ];
      return s;
    },
    'cameras.0.zones.0.polygon',
    /crosses itself/,
    /相交/,
  ],
  [
    'a code that is none',
    (s) => ({ ...s, profile: { ...s.profile, rules: [{ ...s.profile.rules[0], code: '99999' }] } }),
    'profile.rules.0.code',
    /no matter 99999/,
    /没有事项代码/,
  ],
  [
    'no source of a number',
    (s) => ({
      ...s,
      profile: { ...s.profile, rules: [{ ...s.profile.rules[0], dwell_s: { value: 5, source: '' } }] },
    }),
    'profile.rules.0.dwell_s.source',
    /[Tt]oo small/,
    /数值过小|最小/,
  ],
  [
    'classes that nothing finds',
    (s) => ({ ...s, profile: { ...s.profile, rules: [{ ...s.profile.rules[0], classes: ['litter'] }] } }),
    'profile.rules.0.classes',
    /does not know "litter"/,
    /不认识/,
  ],
  ['rules that lie elsewhere', (s) => ({ ...s, profile: 'x.yaml' }), 'profile', /rules themselves/, /规则/],
];
for (const [what, change, path, en, zh] of BAD) {
  test(`refused with its path, in both languages: ${what}`, async (t) => {
    const { open, adopted } = await box(t);
    const keeper = await open();
    const edited = await keeper.edit(change(structuredClone(keeper.answer().site)), null);
    const fault = 'faults' in edited ? edited.faults[0]! : t.fail();
    if (!fault) return;
    t.is(fault.path, path);
    t.regex(fault.en, en);
    t.regex(fault.zh, zh);
    t.is(adopted.length, 0);
  });
}

test('an edit that this program does not take any more leaves the file in force', async (t) => {
  const { open, folder } = await box(t);
  const keeper = await open();
  await keeper.edit(withLimit(keeper.answer().site, 12), null);
  const kept = JSON.parse(await readFile(join(folder, 'site-edits.json'), 'utf8'));
  kept.edit.site.profile.rules[0].zones = 7;
  await writeFile(join(folder, 'site-edits.json'), JSON.stringify(kept));
  const again = await open();
  t.deepEqual([again.state.from, limit(again.site)], ['file', 30]);
  await writeFile(join(folder, 'site-edits.json'), '{"edit":');
  t.is((await open()).state.from, 'file');
});

test('what cannot be kept is not put in force', async (t) => {
  const { folder, file, adopted } = await box(t);
  const keeper = new SiteKeeper({
    file,
    own: await readSite(file),
    fault: null,
    published: null,
    lastGood: new LastGood(join(folder, 'site-last.json')),
    edits: join(folder, 'gone', 'site-edits.json'),
    taxonomy,
    labels: () => LABELS,
    now: () => 1,
    adopt: (site) => adopted.push(site),
    onChange: () => {},
    log: () => {},
  });
  await t.throwsAsync(keeper.edit(withLimit(keeper.answer().site, 12), null), { code: 'SITE_DISK' });
  t.deepEqual([keeper.state.from, adopted.length], ['file', 0]);
});

test('a file that was broken before a power cut: the box starts with it as it last was, says so, and keeps its edit', async (t) => {
  const { open, folder, file, text } = await box(t);
  const lastGood = new LastGood(join(folder, 'site-last.json'));
  await t.throwsAsync(
    startSite(null, join(folder, 'none.yaml'), lastGood, taxonomy, () => {}),
    { code: 'CONFIG_MISSING' },
  );
  const keeper = await open();
  await keeper.edit(withLimit(keeper.answer().site, 12), null);
  t.is((await stat(join(folder, 'site-last.json'))).mode & 0o777, 0o600, 'it may hold a password');
  await writeFile(file, text.replace('profile:', 'profil:'));
  const { own, fault } = await startSite(null, file, lastGood, taxonomy, () => {});
  t.like(own.site.cameras[0], { source: 'rtsp://user:secret@here/1' });
  t.is(fault?.code, 'CONFIG_INVALID');
  const again = new SiteKeeper({
    file,
    own,
    fault,
    published: null,
    lastGood,
    edits: join(folder, 'site-edits.json'),
    taxonomy,
    labels: () => LABELS,
    now: () => 1,
    adopt: () => {},
    onChange: () => {},
    log: () => {},
  });
  t.like(again.state, { from: 'edited', fault: { code: 'CONFIG_INVALID' } });
  await writeFile(file, text);
  await again.reread();
  t.is(again.state.fault, null);
  // of another file nothing is known
  await t.throwsAsync(startSite(null, join(folder, 'none.yaml'), lastGood, taxonomy, () => {}));
});

test('what the example says is what a publication of it makes', async (t) => {
  const { text, file } = await box(t);
  const own = (await readSite(file)).site;
  t.deepEqual(parseSite(text, 'x', own), own);
  t.notThrows(() => checkCodes(taxonomy, own.profile, 'x'));
});
