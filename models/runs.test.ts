import test from 'ava';
import { isConfirmed, type Run } from './runs.ts';

const confirm = { least: 24, most: 220, score: 0.1 };
const whole = (number: number, width: number, height: number): Run => ({
  number,
  part: [0, 0, 768, 576],
  input: { width, height },
});
const runs = [whole(0, 300, 300), whole(1, 640, 480), whole(2, 1024, 768)];
const tile: Run = { number: 100, part: [224, 168, 320, 240], input: { width: 300, height: 300 } };

test('a speck in the coarse run is doubtful where a finer run sees nothing, and confirmed where it sees it weakly', (t) => {
  // 15 x 22 pixels at 300, 50 x 56 at 1024
  const box = [400, 200, 438, 242] as const;
  t.false(isConfirmed(confirm, box, new Map([[0, 0.6]]), runs));
  t.true(
    isConfirmed(
      confirm,
      box,
      new Map([
        [0, 0.6],
        [2, 0.1],
      ]),
      runs,
    ),
  );
  t.false(
    isConfirmed(
      confirm,
      box,
      new Map([
        [0, 0.6],
        [2, 0.09],
      ]),
      runs,
    ),
  );
});

test('a meadow in a fine run is doubtful where the coarse run, which would see it whole, does not', (t) => {
  // 350 x 400 pixels at 1024, 103 x 156 at 300
  const box = [10, 10, 273, 310] as const;
  t.false(isConfirmed(confirm, box, new Map([[2, 0.5]]), runs));
  t.true(
    isConfirmed(
      confirm,
      box,
      new Map([
        [0, 0.3],
        [2, 0.5],
      ]),
      runs,
    ),
  );
});

test('where no run sees it well nobody can say no', (t) => {
  t.true(isConfirmed(confirm, [400, 200, 412, 214], new Map([[2, 0.5]]), runs));
  t.true(isConfirmed(confirm, [0, 0, 768, 576], new Map([[0, 0.9]]), runs.slice(0, 1)));
});

test('a part has a say only on what lies in it whole; at the edge of the picture it may end', (t) => {
  const box = [300, 200, 330, 240] as const;
  const coarse = new Map([[0, 0.6]]);
  t.false(isConfirmed(confirm, box, coarse, [runs[0]!, tile]));
  // cut by the tile's edge, or beside it
  t.true(isConfirmed(confirm, [520, 200, 550, 240], coarse, [runs[0]!, tile]));
  t.true(isConfirmed(confirm, [10, 200, 40, 240], coarse, [runs[0]!, tile]));
  const corner: Run = { ...tile, part: [448, 0, 320, 240] };
  t.false(isConfirmed(confirm, [740, 0, 768, 40], coarse, [runs[0]!, corner]));
});
