// The arithmetic of the vehicle's room: the map's projection, its scale, streets and bands; the sky; figures with units.
import test from 'ava';
import fc from 'fast-check';
import { HERE, STREETS } from './made-vehicle.ts';
import {
  BANDS,
  band,
  distanceTo,
  dragged,
  fitted,
  ground,
  project,
  scaleBar,
  skySpot,
  straightest,
  toScreen,
  type View,
  wind,
  zoomed,
} from './page/geo.ts';
import { readStreets, streetAt } from './page/streets.ts';
import { distance, figure } from './page/units.ts';

const SIZE = { width: 390, height: 422 };
const view: fc.Arbitrary<View> = fc.record({
  x: fc.integer({ min: -2e7, max: 2e7 }),
  y: fc.integer({ min: -2e7, max: 2e7 }),
  scale: fc.double({ min: 0.002, max: 8, noNaN: true }),
});

test('a metre on the map is a metre on the ground', (t) => {
  const [x1, y1] = project(115.78, 33.84);
  const [x2] = project(115.79, 33.84);
  // 0.01 degrees of longitude at 33.84 N, WGS-84's radius
  t.true(
    Math.abs((x2 - x1) * ground(y1) - 6_378_137 * Math.cos((33.84 * Math.PI) / 180) * (0.01 * (Math.PI / 180))) < 0.01,
  );
  t.true(project(0, 0).every((value) => Math.abs(value) < 1e-6));
  t.true(Number.isFinite(project(180, 90)[1]));
});

test('zooming keeps what is under the finger, dragging takes it along', (t) => {
  const pixel = fc.integer({ min: 0, max: 390 });
  const holds = fc.check(
    fc.property(view, pixel, pixel, fc.double({ min: 0.2, max: 5, noNaN: true }), (one, px, py, factor) => {
      const spot = [one.x + (px - SIZE.width / 2) / one.scale, one.y - (py - SIZE.height / 2) / one.scale] as const;
      const [x, y] = toScreen(zoomed(one, SIZE, px, py, factor), SIZE, spot);
      const [dx, dy] = toScreen(dragged(one, 17, -9), SIZE, spot);
      return (
        Math.abs(x - px) < 0.01 &&
        Math.abs(y - py) < 0.01 &&
        Math.abs(dx - px - 17) < 0.01 &&
        Math.abs(dy - py + 9) < 0.01
      );
    }),
  );
  t.false(holds.failed, fc.defaultReportMessage(holds));
});

test('the scale bar is round, fits, and is not needlessly short', (t) => {
  const holds = fc.check(
    fc.property(view, (one) => {
      const { metres, pixels } = scaleBar(one, 110);
      const lead = metres / 10 ** Math.floor(Math.log10(metres) + 1e-9);
      return [1, 2, 5].some((step) => Math.abs(lead - step) < 1e-6) && pixels <= 110.001 && pixels >= 43.9;
    }),
  );
  t.false(holds.failed, fc.defaultReportMessage(holds));
});

test('all streets fit into the first view; of nothing there is none', (t) => {
  const streets = readStreets(STREETS);
  const spots = streets.lines.flatMap((line) => line.spots);
  const all = fitted(spots, SIZE)!;
  for (const spot of spots) {
    const [x, y] = toScreen(all, SIZE, spot);
    t.true(x >= 0 && x <= SIZE.width && y >= 0 && y <= SIZE.height);
  }
  t.is(fitted([], SIZE), null);
});

test('streets are read with bounds; what is no street is passed over', (t) => {
  const streets = readStreets(STREETS);
  t.true(streets.madeUp);
  t.deepEqual(
    streets.lines.map(({ kind, name, width }) => [kind, name, width]),
    [
      ['water', '示例河', 60],
      ['street', '示例中街', null],
      ['street', '示例南路', null],
      ['street', '示例北路', null],
      ['street', '示例东街', null],
      ['street', '示例西街', null],
      ['tunnel', '示例隧道', null],
    ],
  );
  t.is(streets.stands.length, 1);
  fc.assert(
    fc.property(fc.anything(), (value) => {
      readStreets(value);
      readStreets({ features: [value, { geometry: { type: 'LineString', coordinates: value } }] });
      return true;
    }),
  );
  const long = {
    features: [{ geometry: { type: 'LineString', coordinates: Array.from({ length: 300_000 }, () => [1, 2]) } }],
  };
  t.is(readStreets(long).lines[0]!.spots.length, 200_000);
});

test('the street that the vehicle is on: within 25 m of its middle, in a tunnel the tunnel', (t) => {
  const streets = readStreets(STREETS);
  const at = (east: number, north: number) =>
    streetAt(streets, project(HERE.lon + east / 92_500, HERE.lat + north / 110_900));
  t.is(at(0, 0), '示例中街');
  t.is(at(0, 22), '示例中街');
  t.is(at(0, 40), null);
  t.is(at(-320, -250), '示例隧道');
  t.is(at(-320, -400), '示例西街');
  t.is(at(0, 500), null, 'nobody drives on the river');
});

test('a name stands on the longest straight piece that can be seen', (t) => {
  const run = straightest(
    [
      [-500, 100],
      [200, 100],
      [200, 380],
    ],
    SIZE,
  )!;
  t.deepEqual(run, [
    [200, 100],
    [200, 380],
  ]);
  t.deepEqual(
    straightest(
      [
        [600, 50],
        [300, 51],
        [-100, 50],
      ],
      SIZE,
    )!.map(([x]) => Math.round(x)),
    [0, 390],
    'two all but straight pieces are one, from left to right',
  );
  t.is(
    straightest(
      [
        [-50, -50],
        [-10, 900],
      ],
      SIZE,
    ),
    null,
  );
});

test('bands of speed, winds, distances and the sky', (t) => {
  t.deepEqual(
    [null, 0, 9.9, 10, 19.9, 20, 40, 59.9, 60, 130].map((kmh) => band(kmh === null ? null : kmh / 3.6 + 1e-9)),
    [0, 0, 0, 1, 1, 2, 3, 3, 4, 4],
  );
  t.is(BANDS.length, 4);
  t.deepEqual([0, 22.4, 22.6, 90, 359, -45, 700].map(wind), [0, 0, 1, 2, 0, 7, 0]);
  t.is(distanceTo([5, 3], [0, 0], [10, 0]), 3);
  t.is(distanceTo([13, 4], [0, 0], [10, 0]), 5);
  t.is(distanceTo([3, 4], [0, 0], [0, 0]), 5);
  const round = (spot: readonly number[]) => spot.map((value) => Math.round(value) + 0);
  t.deepEqual(round(skySpot(90, 123, 100)), [0, 0]);
  t.deepEqual(round(skySpot(0, 90, 100)), [100, 0]);
  t.deepEqual(round(skySpot(45, 180, 100)), [0, 50]);
  t.deepEqual(round(skySpot(-5, 0, 100)), [0, -100]);
});

test('figures as people read them, with their units', (t) => {
  t.deepEqual(figure(2.2, 'm/s'), { text: '7.9', unit: 'kmh' });
  t.deepEqual(figure(48_213_400, 'm'), { text: '48,213.4', unit: 'km' });
  t.deepEqual(figure(11_484_000, 's'), { text: '3,190.0', unit: 'h' });
  t.deepEqual(figure(62.4, '%'), { text: '62', unit: 'percent' });
  t.deepEqual(figure(1.23456, 'bar'), { text: '1.23', unit: { sign: 'bar' } });
  t.deepEqual(
    [12.4, 999.4, 999.6, 1234].map((metres) => Object.values(distance(metres)).join(' ')),
    ['12 m', '999 m', '1.0 km', '1.2 km'],
  );
});
