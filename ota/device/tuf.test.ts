// ota/device: what we rely on inside the pinned tuf-js, and delegations through it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import test from 'ava';
import { Updater } from 'tuf-js';
import { loadRoles, makeKey, saveRoles } from '../central/keys.ts';
import { publicKey, signWith } from '../central/sign.ts';
import { type Json, refusedWith, type Shop, stage, TODAY } from '../testing.ts';
import { targetFile } from './place.ts';
import { fileName } from './view.ts';

test('the private methods of tuf-js that are replaced are still there', (t) => {
  const inside = Updater.prototype as unknown as Record<string, unknown>;
  for (const name of [
    'loadLocalMetadata',
    'persistMetadata',
    'loadTimestamp',
    'loadTargets',
    'refresh',
    'getTargetInfo',
  ]) {
    t.is(typeof inside[name], 'function', name);
  }
});

async function delegate(
  shop: Shop,
  entries: { name: string; paths: string[]; terminating?: boolean }[],
): Promise<void> {
  const roles = await loadRoles(shop.keys);
  for (const { name, paths, terminating = true } of entries) {
    roles.keys[`${name}-1`] ??= await makeKey(shop.keys, `${name}-1`);
    roles.delegations = roles.delegations.filter((entry) => entry.name !== name);
    roles.delegations.push({ name, paths, terminating, keys: [`${name}-1`], threshold: 1, days: 30 });
  }
  await saveRoles(shop.keys, roles);
}

test('delegated roles: what they may name is offered and downloaded, what they may not is not', async (t) => {
  const { shop, box } = await stage(t);
  await delegate(shop, [
    { name: 'profiles', paths: ['profile/*/*/*'] },
    { name: 'models', paths: ['model/*/*/*'] },
  ]);
  await shop.publish(TODAY, { lane: 'id: lane\n' });
  const updater = box.updater();
  await updater.refresh();
  t.deepEqual(
    (await updater.targets()).map(({ path }) => path),
    ['profile/lane/2/lane.yaml', 'profile/street/1/street.yaml'],
  );
  await updater.download('profile/lane/2/lane.yaml', join(box.files, 'lane'));
  t.like(await box.shown(), { profiles: 1, models: 1, targets: 2 });

  // the models' key signs a profile of its own: not its place
  const path = join(shop.repository, 'metadata/1.models.json');
  const roles = await loadRoles(shop.keys);
  const entry = roles.delegations.find(({ name }) => name === 'models')!;
  const models = Metadata.fromJSON(MetadataKind.Targets, {
    signatures: [],
    signed: {
      _type: 'targets',
      spec_version: '1.0.31',
      version: 2,
      expires: '2030-01-01T00:00:00Z',
      targets: {
        'profile/evil/9/evil.yaml': { length: 4, hashes: { sha256: 'aa' }, custom: { kind: 'profile', counter: 9 } },
      },
    },
  });
  await signWith(models, shop.keys, roles, [{ role: 'models', ...entry }]);
  await writeFile(path.replace('/1.', '/2.'), JSON.stringify(models.toJSON()));
  await shop.forge('2.snapshot.json', 'snapshot', (signed) => {
    signed['version'] = 3;
    signed['meta']['models.json'] = { version: 2 };
  });
  const { rename } = await import('node:fs/promises');
  await rename(join(shop.repository, 'metadata/2.snapshot.json'), join(shop.repository, 'metadata/3.snapshot.json'));
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['version'] = 3;
    signed['meta'] = { 'snapshot.json': { version: 3 } };
  });
  const next = box.updater();
  t.deepEqual((await next.targets()).length, 2);
  t.is(await next.find('profile/evil/9/evil.yaml'), null);
  t.is((await box.shown())['models'], 2);
});

test('a delegated role signed by another key is refused', async (t) => {
  const { shop, box } = await stage(t);
  await delegate(shop, [{ name: 'profiles', paths: ['profile/*/*/*'] }]);
  await shop.publish(TODAY, { lane: 'id: lane\n' });
  const roles = await loadRoles(shop.keys);
  roles.keys['profiles-1'] = await makeKey(shop.keys, 'other').then(() => roles.keys['profiles-1']!);
  const path = join(shop.repository, 'metadata/1.profiles.json');
  const { readFile } = await import('node:fs/promises');
  const json = JSON.parse(await readFile(path, 'utf8')) as { signatures: Json[]; signed: Json };
  json.signed['targets'] = {};
  await writeFile(path, JSON.stringify(json));
  await shop.forge('2.snapshot.json', 'snapshot', (signed) => {
    signed['meta']['profiles.json'] = { version: 1 };
  });
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['meta'] = { 'snapshot.json': { version: 2 } };
  });
  const updater = box.updater();
  await updater.refresh();
  await refusedWith(t, 'UPDATE_SIGNATURE', () => updater.find('profile/lane/2/lane.yaml'));
});

test('hashed bins: the one bin that has the say is fetched', async (t) => {
  const { shop, site, box } = await stage(t);
  const roles = await loadRoles(shop.keys);
  roles.keys['bins-1'] = await makeKey(shop.keys, 'bins-1');
  await saveRoles(shop.keys, roles);
  const { keyID, ...rest } = publicKey(roles.keys['bins-1']);
  const key = { keytype: rest.keyType, scheme: rest.scheme, keyval: rest.keyVal };
  const bins = ['bin-0', 'bin-1', 'bin-2', 'bin-3'];
  await shop.forge('1.targets.json', 'targets', (signed) => {
    signed['targets'] = {};
    signed['delegations'] = {
      keys: { [keyID]: key },
      succinct_roles: { keyids: [keyID], threshold: 1, bit_length: 2, name_prefix: 'bin' },
    };
  });
  const duty = [{ role: 'bin', keys: ['bins-1'], threshold: 1 }];
  for (const bin of bins) {
    const target = {
      length: 4,
      hashes: { sha256: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c' },
    };
    const signed = {
      _type: 'targets',
      spec_version: '1.0.31',
      version: 1,
      expires: '2030-01-01T00:00:00Z',
      targets: { thing: target },
    };
    const metadata = Metadata.fromJSON(MetadataKind.Targets, { signatures: [], signed });
    await signWith(metadata, shop.keys, roles, duty);
    await writeFile(join(shop.repository, `metadata/1.${bin}.json`), JSON.stringify(metadata.toJSON()));
  }
  await shop.forge('1.snapshot.json', 'snapshot', (signed) => {
    signed['meta'] = Object.fromEntries(['targets', ...bins].map((role) => [`${role}.json`, { version: 1 }]));
  });
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['meta'] = { 'snapshot.json': { version: 1 } };
  });
  const updater = box.updater();
  t.is((await updater.find('thing'))?.length, 4);
  t.is(site.requests.filter((path) => path.includes('bin-')).length, 1);
});

test('names of roles and targets make safe file names, each its own', (t) => {
  const folder = '/x';
  const names = [
    'a',
    '../a',
    '/a',
    'a/b',
    'a%2Fb',
    '..',
    '.',
    '',
    '?',
    '#',
    'é',
    '\ud800',
    'x'.repeat(300),
    `${'x'.repeat(299)}y`,
  ];
  const files = names.map((name) => targetFile(folder, name));
  t.is(new Set(files).size, names.length);
  for (const file of files) t.regex(file, /^\/x\/[^/.][^/]{0,200}$/);
  for (const role of names.filter((name) => name !== '\ud800')) t.regex(fileName(role), /^[^/]{0,200}\.json$/);
});
