import test from 'ava';
import fc from 'fast-check';
import { area, inside, type Point, selfCrossing } from './polygon.ts';

const square: Point[] = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
];

test('a square does not cross itself, a bow tie does', (t) => {
  t.is(selfCrossing(square), null);
  t.deepEqual(selfCrossing([square[0]!, square[2]!, square[1]!, square[3]!]), [0, 2]);
});

test('a corner that touches another edge counts as crossing', (t) => {
  const touching: Point[] = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 0],
    [0, 10],
  ];
  t.not(selfCrossing(touching), null);
});

test('area by the shoelace formula', (t) => {
  t.is(area(square), 100);
  t.is(area([...square].reverse()), 100);
});

test('inside agrees with the distance to the centre of a regular polygon', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 40 }),
      fc.double({ min: 0, max: 6.28, noNaN: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      (corners, angle, radius) => {
        const polygon = Array.from({ length: corners }, (_, i): Point => {
          const a = (i / corners) * 2 * Math.PI;
          return [Math.cos(a), Math.sin(a)];
        });
        const point: Point = [radius * Math.cos(angle), radius * Math.sin(angle)];
        const apothem = Math.cos(Math.PI / corners);
        // between the inscribed and the circumscribed circle it depends on the angle
        if (radius < apothem * 0.999) return inside(polygon, point);
        if (radius > 1.001) return !inside(polygon, point);
        return true;
      },
    ),
  );
  t.pass();
});
