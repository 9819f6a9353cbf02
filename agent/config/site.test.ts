import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { KerbError } from '../../contract/index.ts';
import { loadBox } from './box.ts';
import { loadSite } from './site.ts';

const example = fileURLToPath(new URL('../../examples/street/site.yaml', import.meta.url));

async function changed(t: ExecutionContext, ...changes: [from: string | RegExp, to: string][]): Promise<string> {
  let text = await readFile(example, 'utf8');
  for (const [from, to] of changes) {
    t.true(typeof from === 'string' ? text.includes(from) : from.test(text), `the example holds ${from}`);
    text = text.replace(from, to);
  }
  return written(text);
}

async function written(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'kerb-site-')), 'site.yaml');
  await writeFile(file, text);
  return file;
}

/** A fault of a configuration: one line that says what, where (with its line) and what to do. */
async function refused(t: ExecutionContext, file: string, code: string, what: RegExp): Promise<void> {
  const error = await t.throwsAsync(loadSite(file), { instanceOf: KerbError });
  t.is(error.code, code);
  t.regex(error.message, what);
  t.false(error.message.includes('\n'));
  t.true(error.message.startsWith(file));
}

test('the example site is valid and holds its profile', async (t) => {
  const site = await loadSite(example);
  t.is(site.profile.rules[0]?.dwell_s.value, 30);
  t.is(site.cameras[0]?.zones.length, 1);
});

test('the example box is valid, and its paths are relative to it', async (t) => {
  const box = await loadBox(fileURLToPath(new URL('../../examples/box.yaml', import.meta.url)));
  t.is(box.camera?.site, example);
});

test('a missing file is named', (t) => refused(t, '/nowhere/site.yaml', 'CONFIG_MISSING', /no such file/));

test('broken YAML is named with its line', async (t) => {
  await refused(t, await written('version: 1\nid: [unclosed\n'), 'CONFIG_YAML', /site\.yaml:\d+: /);
});

test('an unknown key is named with its line', async (t) => {
  const file = await changed(t, ['    looks_per_s: 4', '    look_rate: 4']);
  await refused(t, file, 'CONFIG_INVALID', /site\.yaml:\d+: cameras\.0: .*look_rate/);
});

test('a zone that crosses itself is refused', async (t) => {
  const file = await changed(t, [/polygon: .*/, 'polygon: [[600, 70], [700, 110], [700, 70], [600, 110]]']);
  await refused(t, file, 'CONFIG_INVALID', /zone "north-kerb" crosses itself/);
});

test('a zone outside the picture is refused', async (t) => {
  const file = await changed(t, [/polygon: .*/, 'polygon: [[628, 78], [800, 74], [716, 112]]']);
  await refused(t, file, 'CONFIG_INVALID', /corner \[800,74\] lies outside the picture of 768x576/);
});

test('a zone without area is refused', async (t) => {
  const file = await changed(t, [/polygon: .*/, 'polygon: [[1, 1], [2, 1], [2, 2]]']);
  await refused(t, file, 'CONFIG_INVALID', /has no area/);
});

test('two zones of one name are refused', async (t) => {
  const text = await readFile(example, 'utf8');
  const zone = text.slice(text.indexOf('      - id: north-kerb'), text.indexOf('\nprofile:'));
  await refused(
    t,
    await written(text.replace(zone, `${zone}\n${zone}`)),
    'CONFIG_INVALID',
    /"north-kerb" stands twice/,
  );
});

test('a profile may be a file of its own', async (t) => {
  const text = await readFile(example, 'utf8');
  const [site, profile] = text.split('profile:\n') as [string, string];
  const file = await written(`${site}profile: rules.yaml\n`);
  await writeFile(file.replace('site.yaml', 'rules.yaml'), profile.replaceAll(/^ {2}/gm, ''));
  t.is((await loadSite(file)).profile.version, 'demo-1');
});

test("a city's profile with every kind of rule is read; its codes are in the taxonomy", async (t) => {
  const city = fileURLToPath(new URL('../../examples/street/city.yaml', import.meta.url));
  const text = await readFile(example, 'utf8');
  const file = await written(`${text.split('profile:\n')[0]}profile: ${city}\n`);
  const { profile } = await loadSite(file);
  t.deepEqual([...new Set(profile.rules.map(({ kind }) => kind))].sort(), ['count', 'dwell', 'stall']);
  const taxonomy = await readFile(new URL('../cases/taxonomy.csv', import.meta.url), 'utf8');
  for (const { code } of profile.rules) t.true(taxonomy.includes(`,${code},`), code);
});

test('a counting line outside the picture, or without length, is refused', async (t) => {
  const line = (to: string) =>
    `    lines: [{ id: gate, name: { zh: 门, en: Gate }, from: [10, 10], to: ${to}, classes: [car] }]\n`;
  const with_ = (to: string) => changed(t, ['    zones:\n', `${line(to)}    zones:\n`]);
  await refused(t, await with_('[900, 10]'), 'CONFIG_INVALID', /"gate".*outside the picture/);
  await refused(t, await with_('[11, 10]'), 'CONFIG_INVALID', /"gate" has no length/);
  t.is((await loadSite(await with_('[300, 10]'))).cameras[0]!.lines.length, 1);
});

test('a time zone that is none is refused', async (t) => {
  const file = await changed(t, ['id: street\n', 'id: street\ntime_zone: Asia/Bozhou\n']);
  await refused(t, file, 'CONFIG_INVALID', /time_zone/);
});

test('a number without its source is refused: each limit cites where it comes from', async (t) => {
  const file = await changed(t, [/dwell_s:\n\s+value: 30\n\s+source: .*/, 'dwell_s: 30']);
  await refused(t, file, 'CONFIG_INVALID', /dwell_s/);
});

test('a YAML bomb of aliases is refused quickly', async (t) => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(12).fill(`*a${i}`).join(', ')}]`);
  await refused(t, await written(`a0: &a0 x\n${levels.join('\n')}\n`), 'CONFIG_YAML', /alias/i);
});
