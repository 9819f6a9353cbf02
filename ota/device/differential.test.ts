// ota/device: where nothing is torn and the clock is right, ours must decide as stock tuf-js does (which passes the public
// conformance suite): a random life of a repository, hostile moments included, seen by both after each step.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { Updater } from 'tuf-js';
import { rotateKeys } from '../central/rotate.ts';
import { Box, DAY, folderFor, Shop, Site, TODAY } from '../testing.ts';
import type { Tuf } from './tuf.ts';

const SEED = 20_261_123;
const STEPS = 50;

/** Park and Miller's generator. */
function dice(seed: number): (below: number) => number {
  let state = seed % 2_147_483_647;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

async function versions(dir: string): Promise<Record<string, number>> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.json'));
  const pairs = names.map(async (name) => {
    const { signed } = JSON.parse(await readFile(join(dir, name), 'utf8')) as { signed: { version: number } };
    return [name, signed.version] as const;
  });
  return Object.fromEntries((await Promise.all(pairs)).sort());
}

test('ours decides as stock tuf-js does', async (t) => {
  const roll = dice(SEED);
  t.log(`seed ${SEED}`);
  const shop = await Shop.open(t, 1);
  let now = TODAY;
  await shop.publish(now, { street: 'id: street\n' });
  const site = await Site.open(t, shop.repository);
  const box = await Box.open(t, site, await shop.root);
  const stock = await folderFor(t);
  await writeFile(join(stock, 'root.json'), await shop.root);
  const metadata = join(shop.repository, 'metadata');
  const good = join(shop.folder, 'good');
  const keep = async () => {
    await rm(good, { recursive: true, force: true });
    await cp(metadata, good, { recursive: true });
  };
  await keep();
  let text = 0;
  const newest = async (role: string) => {
    const names = (await readdir(metadata)).filter((name) => name.endsWith(`.${role}.json`));
    return names.sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0]!;
  };
  const roles = ['root', 'targets', 'snapshot', 'timestamp'] as const;
  const honest: (() => Promise<unknown>)[] = [
    () => shop.publish(now),
    () => shop.publish(now, { street: `id: street\nversion: ${++text}\n` }),
    async () => {
      await rotateKeys(shop.keys, roles[roll(4)]!);
      await shop.publish(now);
    },
    async () => {
      now += roll(6) * DAY;
      await shop.publish(now);
    },
  ];
  const hostile: (() => Promise<unknown>)[] = [
    async () => {
      now += DAY / 2; // nothing is published for a while
    },
    () =>
      shop.forge('timestamp.json', 'timestamp', (signed) => {
        signed['version'] += roll(5) - 2;
      }),
    () =>
      shop.forge('timestamp.json', 'timestamp', (signed) => {
        signed['version'] += 1;
        const meta = signed['meta']['snapshot.json'];
        signed['meta'] = { 'snapshot.json': { version: Math.max(1, meta.version + roll(3) - 1) } };
      }),
    () =>
      shop.forge('timestamp.json', 'timestamp', (signed) => {
        signed['version'] += 1;
        signed['expires'] = new Date(now - DAY).toISOString();
      }),
    async () => {
      const role = (['targets', 'snapshot'] as const)[roll(2)]!;
      await rm(join(metadata, await newest(role)));
    },
    async () => {
      const role = (['root', 'targets', 'snapshot'] as const)[roll(3)]!;
      const path = join(metadata, await newest(role));
      await writeFile(path, (await readFile(path, 'utf8')).replace(/"sig":"[0-9a-f]{4}/g, '"sig":"0000'));
    },
    async () => {
      await shop.publish(now, { street: `id: street\nversion: ${++text}\n` });
      const version = Number.parseInt(await newest('snapshot'), 10);
      await shop.forge(`${version}.snapshot.json`, 'snapshot', (signed) => {
        signed['meta']['targets.json'] = { version: 1 };
      });
      await shop.forge('timestamp.json', 'timestamp', (signed) => {
        signed['meta'] = { 'snapshot.json': { version } };
      });
    },
    () => writeFile(join(metadata, 'timestamp.json'), 'busy, try later'),
  ];
  let refused = 0;
  for (let step = 0; step < STEPS; step++) {
    const bad = roll(5) < 2;
    await rm(metadata, { recursive: true });
    await cp(good, metadata, { recursive: true });
    if (bad) await hostile[roll(hostile.length)]!();
    else {
      await honest[roll(honest.length)]!();
      await keep();
    }
    site.requests.length = 0;
    const theirs = await refreshStock(stock, `${site.url}/metadata`, now);
    const asked = site.requests.splice(0);
    box.now = now;
    const ours = await box
      .updater()
      .refresh()
      .then(
        () => null,
        (error: Error) => error,
      );
    const story = `step ${step}: theirs ${theirs?.message ?? 'ok'}, ours ${ours?.message ?? 'ok'}`;
    t.is(ours === null, theirs === null, story);
    t.deepEqual(await versions(box.dir), await versions(stock), story);
    t.deepEqual(site.requests, asked, story);
    if (ours) refused++;
    if (ours) t.regex((ours as Error & { code: string }).code, /^UPDATE_/);
  }
  t.log(`${refused} of ${STEPS} refused`);
  t.true(refused > STEPS / 8 && refused < STEPS / 1.5);
});

async function refreshStock(dir: string, metadataBaseUrl: string, now: number): Promise<Error | null> {
  await mkdir(dir, { recursive: true });
  const updater = new Updater({ metadataDir: dir, metadataBaseUrl, config: { fetchRetry: 0 } });
  (updater as unknown as Tuf).trustedSet.referenceTime = new Date(now);
  return updater.refresh().then(
    () => null,
    (error: Error) => error,
  );
}
