// The page's arithmetic: where badges and crops stand, which track a tap means, how times and spans read.
import test from 'ava';
import fc from 'fast-check';
import { ago, bytes, clock, duration } from './page/format.ts';
import { arc, type Box, badgeSpot, cropAround, hit, overlap } from './page/place.ts';

const box = fc.tuple(
  fc.integer({ min: 0, max: 700 }),
  fc.integer({ min: 0, max: 500 }),
  fc.integer({ min: 1, max: 68 }),
  fc.integer({ min: 1, max: 76 }),
);

test('a badge is always whole inside the picture, and beside the box where there is room', (t) => {
  fc.assert(
    fc.property(box, fc.integer({ min: 5, max: 60 }), (b, r) => {
      const [x, y] = badgeSpot(b, r, 768, 576);
      return x >= r && y >= r && x <= 768 - r && y <= 576 - r;
    }),
  );
  t.deepEqual(badgeSpot([100, 200, 40, 20], 16, 768, 576), [120, 180]);
  t.deepEqual(badgeSpot([100, 5, 40, 20], 16, 768, 576), [120, 45]);
});

test('a crop holds every box, keeps its aspect and stays inside the picture', (t) => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      const [x, y, w, h] = cropAround([a, b], 768, 576, 4 / 3);
      const inside = x >= 0 && y >= 0 && x + w <= 768.001 && y + h <= 576.001 && Math.abs(w / h - 4 / 3) < 1e-6;
      const holds = [a, b].every((one) => one[0] >= x - 0.001 && one[0] + one[2] <= x + w + 0.001);
      return inside && holds;
    }),
  );
  t.deepEqual(cropAround([[642, 41, 75, 59]], 768, 576, 4 / 3), [512, 0, 256, 192]);
});

test('a tap means the small thing under the finger before the large one, and nothing far away', (t) => {
  const items: { id: string; box: Box }[] = [
    { id: 'bus', box: [0, 0, 300, 200] },
    { id: 'person', box: [140, 80, 20, 40] },
  ];
  t.is(hit(items, 150, 100, 44)?.id, 'person');
  t.is(hit(items, 165, 100, 44)?.id, 'person', 'beside it, within reach');
  t.is(hit(items, 250, 30, 44)?.id, 'bus');
  t.is(hit(items, 500, 500, 44), null);
});

test('overlap is the share of the smaller box', (t) => {
  t.is(overlap([0, 0, 10, 10], [0, 0, 10, 10]), 1);
  t.is(overlap([0, 0, 10, 10], [5, 0, 10, 10]), 0.5);
  t.is(overlap([0, 0, 10, 10], [10, 0, 10, 10]), 0);
});

test('an arc ends where its share says', (t) => {
  t.is(arc(0, 0, 10, 0.25).split(' 1 ')[1]?.split(' ').map(Number).map(Math.round).join(), '10,0');
  t.regex(arc(0, 0, 10, 0.75), /A10 10 0 1 1 /);
  t.notThrows(() => arc(0, 0, 10, 7));
});

test('spans read as people say them', (t) => {
  const units = ['s', 'min', 'h', 'd'] as const;
  const said = [0, 21.44, 30, 99.9, 100, 3599, 3600, 90_061, -3].map((seconds) => duration(seconds, units, ' '));
  t.deepEqual(said, ['0 s', '21.4 s', '30 s', '99.9 s', '1 min 40 s', '59 min 59 s', '1 h', '1 d 1 h', '0 s']);
});

test('times are relative and absolute, with the day where it is another', (t) => {
  const noon = new Date(2026, 4, 12, 12, 0, 0).getTime();
  t.is(ago(noon - 3000, noon, 'en-GB', 'just now'), 'just now');
  t.is(ago(noon - 130_000, noon, 'zh-CN', '刚刚'), '2 分钟前');
  t.is(ago(noon - 130_000, noon, 'en-GB', 'just now'), '2 min ago');
  t.is(clock(noon, noon, 'en-GB'), '12:00:00');
  t.is(clock(noon - 86_400_000, noon, 'en-GB'), '11 May 12:00:00');
  t.deepEqual([999, 48_000, 1_234_567].map(bytes), ['999 B', '48 kB', '1.2 MB']);
});
