// ota/device: no clock makes expired metadata fresh, and none makes a box unusable for good.
import test from 'ava';
import { rotateKeys } from '../central/rotate.ts';
import { Box, DAY, refusedWith, stage, TODAY } from '../testing.ts';
import { BUILD, ISSUED, referenceTime } from './clock.ts';

const Y1970 = 0;
const Y2100 = Date.parse('2100-01-01T00:00:00Z');

test('a clock of 1970: fresh metadata is accepted, expired is refused, from the first refresh on', async (t) => {
  const { shop, site, box } = await stage(t);
  box.now = Y1970;
  t.is((await box.updater().refresh()).versions.timestamp, 1, 'signed after this program was made');
  await shop.publish(TODAY + 20 * DAY);
  await box.updater().refresh();
  t.is(box.now, Y1970);
  const first = await Box.open(t, site, await shop.root);
  first.now = Y1970;
  const built = { floor: BUILD.floor, built: TODAY + 24 * DAY };
  await refusedWith(t, 'UPDATE_EXPIRED', () => first.updater({ build: built }).refresh());
  t.deepEqual(await first.shown(), { root: 1 });
});

test('a signed issue time raises the floor, and only it: expired metadata stays refused when the clock falls back', async (t) => {
  const { shop, site, box } = await stage(t);
  await shop.publish(TODAY + 10 * DAY);
  box.now = TODAY + 10 * DAY;
  await box.updater().refresh();
  // the freshest timestamp is replaced by one that is higher, but was signed to expire before the floor
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['version'] = 3;
    signed[ISSUED] = TODAY;
    signed['expires'] = new Date(TODAY + 3 * DAY).toISOString();
  });
  for (const now of [Y1970, TODAY, TODAY + 2 * DAY]) {
    box.now = now;
    await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh(), String(now));
  }
  t.is((await box.shown())['timestamp'], 2);
  const other = await Box.open(t, site, await shop.root);
  t.is((await other.updater().refresh()).versions.timestamp, 3, 'the floor belongs to a folder');
});

test('a clock of 2100: all is expired; nothing of it is kept, and the right time makes all well', async (t) => {
  const { shop, box } = await stage(t);
  await box.updater().refresh();
  box.now = Y2100;
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh());
  await shop.publish(TODAY);
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh());
  box.now = TODAY;
  t.is((await box.updater().refresh()).versions.timestamp, 2);
  box.now = Y1970;
  t.is((await box.updater().refresh()).versions.timestamp, 2);
});

test('an issue time that cannot be true does not count', async (t) => {
  const { shop, box } = await stage(t);
  for (const issued of [Y2100, -1, 1.5e300, '2027', null, [TODAY]]) {
    await shop.publish(TODAY);
    await shop.forge('timestamp.json', 'timestamp', (signed) => {
      signed[ISSUED] = issued;
    });
    t.is((await box.updater().refresh()).issued, 0, String(issued));
  }
});

test('a thief of the timestamp key moves the floor until the root expires at most, and loses it with the key', async (t) => {
  const { shop, box } = await stage(t);
  await box.updater().refresh();
  await shop.forge('timestamp.json', 'timestamp', (signed) => {
    signed['version'] = 2;
    signed[ISSUED] = TODAY + 300 * DAY;
    signed['expires'] = new Date(TODAY + 350 * DAY).toISOString();
  });
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh(), 'its own time makes the snapshot expired');
  await shop.publish(TODAY + DAY);
  await refusedWith(t, 'UPDATE_EXPIRED', () => box.updater().refresh(), 'the honest timestamp looks old');
  await rotateKeys(shop.keys, 'timestamp');
  await shop.publish(TODAY + DAY);
  t.is((await box.updater().refresh()).issued, TODAY + DAY);
});

test('the reference time', (t) => {
  const build = { floor: 100, built: 500 };
  const cases: [number, number, number][] = [
    [0, 0, 500],
    [99, 0, 500],
    [100, 0, 100],
    [300, 0, 300],
    [300, 400, 400],
    [0, 600, 600],
    [900, 600, 900],
  ];
  for (const [now, issued, expected] of cases) t.is(referenceTime(now, issued, build), expected, `${now} ${issued}`);
  t.true(BUILD.floor <= BUILD.built && BUILD.floor > 0);
});
