import test from 'ava';
import type { Frame } from '../../drivers/camera/types.ts';
import { MotionGate } from './gate.ts';
import type { Box } from './types.ts';

const [W, H] = [384, 288];

/** A noisy street; `light` multiplies all of it; a thing of this brightness lies over it. */
function picture(time: number, { light = 1, thing }: { light?: number; thing?: Box } = {}): Frame {
  const rgb = new Uint8Array(new SharedArrayBuffer(W * H * 3));
  let noise = (time * 7919 + 1) & 0x7fffffff;
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      noise = (noise * 1103515245 + 12345) & 0x7fffffff;
      const on = thing && x >= thing[0] && x < thing[0] + thing[2] && y >= thing[1] && y < thing[1] + thing[3];
      const value = (on ? 200 : 80 + ((x >> 4) % 5) * 8) * light + ((noise >> 16) % 11) - 5;
      rgb.fill(Math.max(0, Math.min(255, value)), (y * W + x) * 3, (y * W + x) * 3 + 3);
    }
  }
  return { seq: 0, time, width: W, height: H, rgb };
}

/** Frames 200 ms apart; gives the share that moved in each after the first. */
function shares(seconds: number, scene: (s: number) => Parameters<typeof picture>[1]): number[] {
  const gate = new MotionGate();
  const all: number[] = [];
  for (let s = 0; s <= seconds; s += 0.2) all.push(gate.look(picture(Math.round(s * 1000), scene(s))).share);
  return all.slice(1);
}

test('noise alone does not move, nor does the light that changes slowly, nor a lamp on everything', (t) => {
  t.deepEqual([...new Set(shares(20, () => ({})))], [0]);
  t.deepEqual([...new Set(shares(20, (s) => ({ light: 1 - s / 40 })))], [0]);
  t.true(shares(6, (s) => ({ light: s > 3 ? 1.2 : 1 })).filter((share) => share > 0).length <= 1);
});

test('a small thing that walks moves in each frame, and its region lies around it', (t) => {
  const gate = new MotionGate();
  for (let s = 0; s < 5; s += 0.2) gate.look(picture(s * 1000));
  for (let i = 0; i < 10; i++) {
    const thing: Box = [100 + i * 6, 120, 10, 26];
    const { share, regions } = gate.look(picture(5000 + i * 200, { thing }));
    t.true(share > 0 && share < 0.05, `${i}: ${share}`);
    const [x, y, width, height] = regions[0]!;
    t.true(x <= thing[0] + 4 && x + width >= thing[0] + thing[2] - 4, `${i}: ${regions[0]}`);
    t.true(y <= thing[1] + 4 && y + height >= thing[1] + thing[3] - 4, `${i}: ${regions[0]}`);
  }
});

test('what has come to rest belongs to the picture after a while, and its leaving moves', (t) => {
  const thing: Box = [200, 100, 60, 40];
  const all = shares(200, (s) => (s > 10 && s < 180 ? { thing } : {}));
  const at = (s: number) => all[Math.round(s / 0.2) - 1]!;
  t.is(at(9), 0);
  t.true(at(11) > 0);
  t.is(at(170), 0);
  t.true(at(181) > 0);
});

test('another size, and a clock that was set back, begin anew', (t) => {
  const gate = new MotionGate();
  t.is(gate.look(picture(1000)).share, 1);
  t.is(gate.look(picture(1200)).share, 0);
  t.is(gate.look(picture(500)).share, 1);
  const small: Frame = { seq: 0, time: 700, width: 20, height: 10, rgb: new Uint8Array(new SharedArrayBuffer(600)) };
  t.is(gate.look(small).share, 1);
  t.is(gate.look({ ...small, time: 900 }).share, 0);
});
