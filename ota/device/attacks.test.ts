// ota/device: what a hostile or broken server may try. Each is refused by name, and the box keeps what it has.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { loadRoles, makeKey, saveRoles } from '../central/keys.ts';
import { rotateKeys } from '../central/rotate.ts';
import { Box, DAY, type Json, refusedWith, Shop, send, stage, TODAY } from '../testing.ts';

test('a first refresh, a change and a download', async (t) => {
  const { shop, site, box } = await stage(t);
  const updater = box.updater();
  const first = await updater.refresh();
  t.deepEqual(first, { versions: { root: 1, timestamp: 1, snapshot: 1, targets: 1 }, issued: TODAY });
  const offers = await updater.targets();
  t.is(offers.length, 1);
  t.like(offers[0], {
    path: 'profile/street/1/street.yaml',
    custom: { kind: 'profile', name: 'street', version: '1', counter: 1, hardware: ['any'], place: 'street.yaml' },
  });
  const file = join(box.files, 'a/b/site.yaml');
  t.like(await updater.download(offers[0]!.path, file), { fetched: true, received: 22 });
  t.is(await readFile(file, 'utf8'), 'id: street\nversion: 1\n');
  t.like(await updater.download(offers[0]!.path, file), { fetched: false, received: 0 });
  await shop.publish(TODAY + 1000, { street: 'id: street\nversion: 2\n' });
  site.requests.length = 0;
  t.like((await updater.refresh()).versions, { timestamp: 2, snapshot: 2, targets: 2 });
  t.is((await updater.targets()).length, 2);
  t.deepEqual(await box.shown(), { root: 1, timestamp: 2, snapshot: 2, targets: 2 });
  site.requests.length = 0;
  await box.updater().refresh();
  t.deepEqual(site.requests, ['/metadata/2.root.json', '/metadata/timestamp.json'], 'no change: two requests');
});

test('rollback: an older repository is refused, and nothing of it is kept', async (t) => {
  const { shop, site, box } = await stage(t);
  const older = await shop.copy('older');
  await shop.publish(TODAY, { street: 'id: street\nversion: 2\n' });
  await box.updater().refresh();
  site.folder = older;
  await refusedWith(t, 'UPDATE_ROLLBACK', () => box.updater().refresh());
  t.deepEqual(await box.shown(), { root: 1, timestamp: 2, snapshot: 2, targets: 2 });
});

test('rollback of snapshot or targets under a new timestamp is refused', async (t) => {
  const { shop, box } = await stage(t);
  await shop.publish(TODAY, { street: 'id: street\nversion: 2\n' });
  await box.updater().refresh();
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['version'] = 3;
    signed['meta'] = { 'snapshot.json': { version: 1 } };
  });
  await refusedWith(t, 'UPDATE_ROLLBACK', () => box.updater().refresh());
  t.deepEqual(await box.shown(), { root: 1, timestamp: 2, snapshot: 2, targets: 2 });
  await copyFile(join(shop.repository, 'metadata/2.snapshot.json'), join(shop.repository, 'metadata/3.snapshot.json'));
  await shop.forge('3.snapshot.json', 'snapshot', (signed) => {
    signed['version'] = 3;
    signed['meta']['targets.json'] = { version: 1 };
  });
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['meta'] = { 'snapshot.json': { version: 3 } };
  });
  await refusedWith(t, 'UPDATE_ROLLBACK', () => box.updater().refresh());
  t.like(await box.shown(), { snapshot: 2, targets: 2 });
});

test('freeze: each role that has expired is refused; a root that did is kept, so that the next one follows', async (t) => {
  const { shop, box } = await stage(t);
  await box.updater().refresh();
  box.now = TODAY + 4 * DAY;
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh(), 'timestamp');
  box.now = TODAY + 15 * DAY;
  await shop.publish(TODAY);
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['expires'] = new Date(TODAY + 30 * DAY).toISOString();
  });
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh(), 'snapshot');
  t.deepEqual(await box.shown(), { root: 1, timestamp: 2, snapshot: 1, targets: 1 }, 'the timestamp was verified');
  box.now = TODAY + 400 * DAY;
  await rotateKeys(shop.keys, 'timestamp');
  await shop.publish(TODAY);
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh(), 'root');
  t.like(await box.shown(), { root: 2, timestamp: 2 });
  await shop.publish(box.now);
  t.like((await box.updater().refresh()).versions, { root: 3, timestamp: 4 });
});

test('mix and match: a file of another version under a new name is refused', async (t) => {
  const { shop, site, box } = await stage(t);
  await box.updater().refresh();
  await shop.publish(TODAY, { street: 'id: street\nversion: 2\n' });
  const old = await readFile(join(shop.repository, 'metadata/1.targets.json'));
  site.answers.set('/metadata/2.targets.json', (request, response) => send(request, response, old));
  await refusedWith(t, 'UPDATE_MIXED', () => box.updater().refresh());
  t.deepEqual(await box.shown(), { root: 1, timestamp: 2, snapshot: 2, targets: 1 });
  site.answers.clear();
  t.is((await box.updater().refresh()).versions.targets, 2, 'heals when the repository is whole again');
});

test('another repository, its root included, is refused', async (t) => {
  const { site, box } = await stage(t);
  await box.updater().refresh();
  const other = await Shop.open(t);
  await other.publish(TODAY);
  await other.publish(TODAY);
  site.folder = other.repository;
  await refusedWith(t, 'UPDATE_SIGNATURE', () => box.updater().refresh(), 'its timestamp');
  await rotateKeys(other.keys, 'timestamp');
  await other.publish(TODAY);
  await refusedWith(t, 'UPDATE_SIGNATURE', () => box.updater().refresh(), 'its root 2');
  t.deepEqual(await box.shown(), { root: 1, timestamp: 1, snapshot: 1, targets: 1 });
});

test('a new root with one signature of two is refused, by the old keys and by the new', async (t) => {
  const { shop, box } = await stage(t);
  await box.updater().refresh();
  const before = await loadRoles(shop.keys);
  await rotateKeys(shop.keys, 'root');
  await shop.publish(TODAY);
  const path = join(shop.repository, 'metadata/2.root.json');
  const whole = JSON.parse(await readFile(path, 'utf8')) as { signatures: Json[]; signed: Json };
  const now = whole.signed['roles'].root.keyids as string[];
  const isNew = (signature: Json) => now.includes(signature['keyid']);
  const olds = whole.signatures.filter((signature) => !isNew(signature));
  const news = whole.signatures.filter(isNew);
  t.is(before.roles.root.keys.length, olds.length);
  for (const signatures of [
    [...olds.slice(0, 1), ...news],
    [...olds, ...news.slice(0, 1)],
    [olds[0]!, news[0]!],
  ]) {
    await writeFile(path, JSON.stringify({ ...whole, signatures }));
    await refusedWith(t, 'UPDATE_SIGNATURE', () => box.updater().refresh());
    t.is((await box.shown())['root'], 1);
  }
  const enough = [...olds.slice(0, 2), ...news.slice(1, 3)];
  await writeFile(path, JSON.stringify({ ...whole, signatures: enough }));
  t.is((await box.updater().refresh()).versions.root, 2);
});

test('the same signature twice does not make two', async (t) => {
  const { shop, box } = await stage(t);
  const roles = await loadRoles(shop.keys);
  roles.keys['targets-2'] = await makeKey(shop.keys, 'targets-2');
  roles.roles.targets = { ...roles.roles.targets, keys: ['targets-1', 'targets-2'], threshold: 2 };
  await saveRoles(shop.keys, roles);
  await shop.publish(TODAY, { street: 'id: street\nversion: 2\n' });
  t.is((await box.updater().refresh()).versions.targets, 2);
  await shop.publish(TODAY, { street: 'id: street\nversion: 3\n' });
  const path = join(shop.repository, 'metadata/3.targets.json');
  const whole = JSON.parse(await readFile(path, 'utf8')) as { signatures: Json[] };
  await writeFile(path, JSON.stringify({ ...whole, signatures: [whole.signatures[0], whole.signatures[0]] }));
  const error = await t.throwsAsync(() => box.updater().refresh());
  t.regex((error as Error & { code: string }).code, /^UPDATE_(MIXED|METADATA_BAD|SIGNATURE)$/);
});

test('endless metadata and endless targets end at the limit', async (t) => {
  const { site, box } = await stage(t);
  const endless = async (_: unknown, response: import('node:http').ServerResponse) => {
    response.writeHead(200);
    response.write('{"signatures":[],"signed":{"x":"');
    while (!response.destroyed) {
      if (response.write('x'.repeat(65536))) continue;
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
  };
  for (const path of ['/metadata/2.root.json', '/metadata/timestamp.json', '/metadata/1.snapshot.json']) {
    site.answers.set(path, endless);
    await refusedWith(t, 'UPDATE_TOO_LONG', () => box.updater().refresh(), path);
    site.answers.clear();
  }
  const updater = box.updater();
  await updater.refresh();
  site.answers.set('/targets/*', endless);
  const download = () => updater.download('profile/street/1/street.yaml', join(box.files, 'x'));
  await refusedWith(t, 'UPDATE_TOO_LONG', download);
  site.answers.clear();
  t.like(await download(), { fetched: true });
});

test('a drip is left after two windows: metadata and target', async (t) => {
  const { site, box } = await stage(t);
  const drip = async (_: unknown, response: import('node:http').ServerResponse, bytes: Buffer | null) => {
    response.writeHead(200, { 'content-length': bytes!.length });
    for (const byte of bytes!) {
      if (response.destroyed) return;
      response.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  site.answers.set('/metadata/timestamp.json', drip);
  await refusedWith(t, 'UPDATE_TOO_SLOW', () => box.updater().refresh());
  site.answers.set('/metadata/timestamp.json', () => {}); // no head at all
  const impatient = box.updater({ pace: { headMs: 200, pauseMs: 1 } });
  await refusedWith(t, 'UPDATE_TOO_SLOW', () => impatient.refresh());
  site.answers.clear();
  const updater = box.updater();
  await updater.refresh();
  site.answers.set('/targets/*', drip);
  const slow = box.updater({ pace: { windowMs: 60, leastBytesPerS: 4000, pauseMs: 1, headMs: 2000 } });
  await slow.refresh();
  await refusedWith(t, 'UPDATE_TOO_SLOW', () => slow.download('profile/street/1/street.yaml', join(box.files, 'x')));
});

test('garbage of every kind is refused by name', async (t) => {
  const { shop, site } = await stage(t);
  const garbage: Record<string, string> = {
    empty: '',
    html: '<html>Please log in</html>',
    list: '[]',
    nothing: 'null',
    number: '7',
    unsigned: '{"signed":{}}',
    deep: '['.repeat(100_000),
    kind: '{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.0","version":9,"expires":"2030-01-01T00:00:00Z"}}',
  };
  const paths = ['2.root', 'timestamp', '1.snapshot', '1.targets'].map((name) => `/metadata/${name}.json`);
  for (const [name, text] of Object.entries(garbage)) {
    for (const path of paths) {
      const box = await Box.open(t, site, await shop.root);
      site.answers.set(path, (request, response) => send(request, response, Buffer.from(text)));
      const error = await t.throwsAsync(() => box.updater().refresh(), undefined, `${name} ${path}`);
      const { code } = error as Error & { code: string };
      t.regex(code, /^UPDATE_(MIXED|METADATA_BAD|SIGNATURE|TOO_LONG)$/, `${name} ${path}`);
      site.answers.clear();
      t.is((await box.updater().refresh()).versions.targets, 1);
    }
  }
});

test('missing files, error statuses and a dead server are refused by name', async (t) => {
  const { site, box } = await stage(t);
  for (const path of ['/metadata/timestamp.json', '/metadata/1.snapshot.json', '/metadata/1.targets.json']) {
    for (const status of [404, 500]) {
      site.answers.set(path, (_, response) => void response.writeHead(status).end());
      await refusedWith(t, 'UPDATE_HTTP', () => box.updater().refresh(), `${path} ${status}`);
      site.answers.clear();
    }
  }
  site.answers.set('/metadata/2.root.json', (_, response) => void response.writeHead(500).end());
  await refusedWith(
    t,
    'UPDATE_HTTP',
    () => box.updater().refresh(),
    'a root that cannot be read is not a root that is not there',
  );
  site.answers.set('/metadata/2.root.json', (_, response) => void response.destroy());
  await refusedWith(t, 'UPDATE_UNREACHABLE', () => box.updater().refresh());
  site.answers.set('/metadata/2.root.json', (_, response) => void response.writeHead(403).end());
  t.is((await box.updater().refresh()).versions.root, 1, 'object stores say 403 for what is not there');
});

test('a target of other bytes, or of another length, never gets its name', async (t) => {
  const { site, box } = await stage(t);
  const updater = box.updater();
  await updater.refresh();
  const file = join(box.files, 'x');
  const download = () => updater.download('profile/street/1/street.yaml', file);
  const lies: [string, string][] = [
    ['id: street\nversion: 9\n', 'UPDATE_TARGET_BAD'],
    ['id: street\nversion: 1\n ', 'UPDATE_TOO_LONG'],
    ['id: street', 'UPDATE_UNREACHABLE'],
  ];
  for (const [text, code] of lies) {
    site.answers.set('/targets/*', (request, response) =>
      send({ ...request, headers: {} } as typeof request, response, Buffer.from(text)),
    );
    await refusedWith(t, code, download, text);
    await t.throwsAsync(() => readFile(file), { code: 'ENOENT' });
  }
  site.answers.clear();
  await download();
  t.is(await readFile(file, 'utf8'), 'id: street\nversion: 1\n');
  await refusedWith(t, 'UPDATE_TARGET_UNKNOWN', () => updater.download('profile/none', file));
});

test('fast-forward: after a stolen online key is replaced, lower versions are accepted again', async (t) => {
  const { shop, box } = await stage(t);
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['version'] = 1_000_000;
  });
  t.is((await box.updater().refresh()).versions.timestamp, 1_000_000);
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['version'] = 4;
  });
  await refusedWith(t, 'UPDATE_ROLLBACK', () => box.updater().refresh());
  await rotateKeys(shop.keys, 'timestamp');
  await shop.publish(TODAY);
  t.deepEqual((await box.updater().refresh()).versions, { root: 2, timestamp: 5, snapshot: 1, targets: 1 });
});

test('a box that trusts nothing refuses; an embedded root is its last resort', async (t) => {
  const { shop, site } = await stage(t);
  const bare = await Box.open(t, site, null);
  await refusedWith(t, 'UPDATE_NO_ROOT', () => bare.updater().refresh());
  t.is((await bare.updater({ root: await shop.root }).refresh()).versions.root, 1);
  t.is((await bare.updater().refresh()).versions.root, 1, 'it is kept');
  const root = JSON.parse((await shop.root).toString()) as { signatures: Json[] };
  root.signatures.length = 1;
  const half = await Box.open(t, site, null);
  await refusedWith(t, 'UPDATE_ROOT_BAD', () => half.updater().init(Buffer.from(JSON.stringify(root))));
  const other = await Shop.open(t);
  await other.publish(TODAY);
  await refusedWith(t, 'UPDATE_HAS_ROOT', async () => {
    await half.updater().init(await shop.root);
    await half.updater().init(await other.root);
  });
});
