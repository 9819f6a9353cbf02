// What is parked keeps its number and its time: behind a bus, in headlights, at dusk, through a restart.
import test from 'ava';
import fc from 'fast-check';
import type { Detection } from '../../models/types.ts';
import { appearanceOf, likeness } from './appearance.ts';
import { CameraJudge, type JudgeMemory, type Scene } from './judge.ts';
import { BoxFilter } from './kalman.ts';
import { camera, find, profile } from './testscene.ts';
import type { Box } from './types.ts';

const [W, H] = [400, 300];
const VAN: Box = [120, 120, 60, 40];

/** A street with noise; things are patterns of their own, drawn where they are. */
class Street {
  readonly rgb = new Uint8Array(W * H * 3);
  #noise = 1;

  constructor(light = 1, seed = 1) {
    this.#noise = seed;
    this.#fill([0, 0, W, H], (x, y) => [90 + ((x * 7 + y * 13) % 11), 92 + ((x * 5 + y * 3) % 9), 95], light);
  }

  /** @param pattern which thing it is */
  draw(box: Box, pattern: number, light = 1): this {
    const cell = (x: number, y: number) => (Math.sin((x + 1) * 12.9898 * pattern + (y + 1) * 78.233) * 43758.5453) % 1;
    this.#fill(
      box,
      (x, y) => {
        const shade = 130 + 100 * cell(Math.floor(x / 7), Math.floor(y / 7));
        return [shade, shade * (0.7 + 0.2 * (pattern % 3)), shade * 0.8];
      },
      light,
    );
    return this;
  }

  #fill([x, y, width, height]: Box, colour: (x: number, y: number) => number[], light: number): void {
    for (let row = Math.max(0, y); row < Math.min(H, y + height); row++) {
      for (let column = Math.max(0, x); column < Math.min(W, x + width); column++) {
        for (const [i, value] of colour(column - x, row - y).entries()) {
          this.#noise = (this.#noise * 1103515245 + 12345) & 0x7fffffff;
          const noise = ((this.#noise >> 16) % 9) - 4;
          this.rgb[(row * W + column) * 3 + i] = Math.max(0, Math.min(255, value * light + noise));
        }
      }
    }
  }

  get scene(): Scene {
    return { width: W, height: H, rgb: this.rgb };
  }
}

interface Moment {
  finds: Detection[];
  street: Street;
}

const van = (s: number, light = 1) => new Street(light, Math.round(s * 4) + 1).draw(VAN, 1, light);
const there = (s: number): Moment => ({ finds: [find('car', VAN)], street: van(s) });
const gone = (s: number): Moment => ({ finds: [], street: new Street(1, Math.round(s * 4) + 1) });

function judge(dwell_s = 20): CameraJudge {
  return new CameraJudge({ device: 'box', site: 'site', camera, profile: profile(dwell_s) });
}

/** Looks 500 ms apart; gives [seconds, track, dwell] of each event, and all ids seen. */
function run(one: CameraJudge, seconds: number, moment: (s: number) => Moment, from = 0) {
  const events: [number, number, number][] = [];
  const ids = new Set<number>();
  for (let s = from; s <= seconds; s += 0.5) {
    const { finds, street } = moment(s);
    const { tracks, verdicts } = one.look(s * 1000, finds, street.scene);
    for (const { event } of verdicts) events.push([s, event.track, event.dwell_s]);
    for (const track of tracks) if (track.class === 'car' && track.last === s * 1000) ids.add(track.id);
  }
  return { events, ids: [...ids] };
}

test('a van that the detector does not find, though it looks as before, is still there', (t) => {
  const { events, ids } = run(judge(), 60, (s) => (s > 8 && s < 40 ? { ...there(s), finds: [] } : there(s)));
  t.deepEqual(ids, [1]);
  t.deepEqual(events, [[40, 1, 40]], 'its time goes on, the proof waits for a find');
});

test('a bus that stops in front for minutes changes neither its number nor its time', (t) => {
  const bus: Box = [90, 90, 140, 80];
  const { events, ids } = run(judge(120), 300, (s) => {
    if (s < 10 || s > 110) return there(s);
    return { finds: [find('person', bus, 0.9)], street: van(s).draw(bus, 5) };
  });
  t.deepEqual(ids, [1]);
  t.deepEqual(events, [[120.5, 1, 120.5]]);
});

test('headlights that hide it for longer than an absence: it is the same one afterwards, and its time goes on', (t) => {
  const { events, ids } = run(judge(30), 60, (s) => {
    if (s < 8 || s > 20) return there(s);
    const glare = new Street(1, 7);
    glare.rgb.fill(250);
    return { finds: [], street: glare };
  });
  t.deepEqual(ids, [1]);
  t.deepEqual(events, [[30.5, 1, 30.5]]);
});

test('dusk that comes slowly changes neither', (t) => {
  const light = (s: number) => Math.max(0.35, 1 - s / 400);
  const { events, ids } = run(judge(), 400, (s) => {
    const missed = s > 30 && s % 20 > 3; // found now and then only
    return { finds: missed ? [] : [find('car', VAN)], street: van(s, light(s)) };
  });
  t.deepEqual(ids, [1]);
  t.is(events.length, 1);
});

test('one that drives away is gone, and another one that comes to the same place begins anew', (t) => {
  const other = (s: number): Moment => ({
    finds: [find('car', VAN)],
    street: new Street(1, Math.round(s * 4)).draw(VAN, 4),
  });
  const { events, ids } = run(judge(), 60, (s) => (s < 15 ? there(s) : s < 25 ? gone(s) : other(s)));
  t.deepEqual(ids, [1, 2]);
  t.deepEqual(events, [[45.5, 2, 20.5]]);
});

test('after a restart it is the same one, by place and look, and its time goes on; another one is not', (t) => {
  const before = judge(60);
  run(before, 40, there);
  const memory = JSON.parse(JSON.stringify(before.memory(), replacer), reviver) as JudgeMemory;
  const after = judge(60);
  after.recall(memory);
  const { events, ids } = run(after, 100, there, 45);
  t.deepEqual(ids, [1]);
  t.deepEqual(events, [[60.5, 1, 60.5]]);
  const exchanged = judge(60);
  exchanged.recall(memory);
  const other = (s: number): Moment => ({ finds: [find('car', VAN)], street: new Street(1, s * 4).draw(VAN, 4) });
  t.deepEqual(run(exchanged, 100, other, 45).ids, [2], 'ids go on counting');
  const smaller = judge(60);
  smaller.recall(memory);
  t.is(smaller.look(45_000, [find('car', [60, 60, 30, 20])], { width: 200, height: 150 }).tracks[0]!.id, 1);
});

const replacer = (_: string, value: unknown) => (value instanceof Int8Array ? { bytes: [...value] } : value);
const reviver = (_: string, value: unknown) =>
  value !== null && typeof value === 'object' && 'bytes' in value ? Int8Array.from(value.bytes as number[]) : value;

test('a look is the same in other light, another one for another thing, and none for a plain surface', (t) => {
  const look = (street: Street, box = VAN) => appearanceOf({ width: W, height: H, rgb: street.rgb }, box);
  const one = look(van(1))!;
  t.true(likeness(one, look(van(9, 0.4))!) > 0.9);
  t.true(likeness(one, look(new Street(1, 3).draw(VAN, 4))!) < 0.6);
  t.is(look(new Street(0, 1)), null);
  t.is(look(van(1), [0, 0, 4, 4]), null);
  t.notThrows(() => look(van(1), [-50, 280, 90, 90]));
});

test('the filter foretells a steady walk, whatever its step, and never gives a box without size', (t) => {
  const speed = fc.integer({ min: -60, max: 60 });
  fc.assert(
    fc.property(speed, speed, fc.integer({ min: 100, max: 1000 }), (vx, vy, step) => {
      const at = (ms: number): Box => [200 + (vx * ms) / 1000, 150 + (vy * ms) / 1000, 20, 50];
      const filter = new BoxFilter(0, at(0));
      for (let i = 1; i <= 20; i++) filter.add(i * step, at(i * step));
      const [x, y, width, height] = filter.at(20 * step + 100);
      const [wx, wy] = at(20 * step + 100);
      return Math.abs(x - wx) < 2 && Math.abs(y - wy) < 2 && width > 0 && height > 0;
    }),
  );
  t.pass();
});
