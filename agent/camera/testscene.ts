// agent/camera, for tests: made finds, cameras, frames and lookers, so that a table says all there is to a case.
import type { Frame } from '../../drivers/camera/types.ts';
import type { Detection, Look, LookDepth, Looker, LookOptions, Picture } from '../../models/types.ts';
import type { Camera, Profile } from '../config/site.ts';
import type { Box } from './types.ts';

export const find = (name: string, box: Box, score = 0.8): Detection => ({ class: name, score, box });

/** A box of 40 x 30 whose lower edge's middle is at x, y. */
export const at = (x: number, y: number): Box => [x - 20, y - 30, 40, 30];

const words = { zh: '某', en: 'some' };

/** A camera of 400 x 300 with one zone, x 100 to 200, y 100 to 200. */
export const camera: Camera = {
  id: 'cam',
  name: words,
  picture: [400, 300],
  transport: 'tcp',
  decode: {},
  looks_per_s: 4,
  wide_every_s: 1,
  crops: 0,
  gate: false,
  idle_look_s: 2,
  weight: 1,
  hot_hours: [],
  lines: [],
  zones: [
    {
      id: 'kerb',
      name: words,
      kind: 'no-parking',
      polygon: [
        [100, 100],
        [200, 100],
        [200, 200],
        [100, 200],
      ],
    },
  ],
};

/** A profile of these rules alone. */
export const rules = (...all: Profile['rules']): Profile => ({ version: 'test', same_place_iou: 0.3, rules: all });

export function profile(dwell_s: number, absent_s = 5): Profile {
  const dwell = { value: dwell_s, source: 'test' };
  const classes = ['car', 'truck', 'bus'];
  const rule = { id: 'parked', kind: 'dwell', code: '09009', zones: ['no-parking'], classes, min_score: 0.5 } as const;
  return rules({ ...rule, zones: ['no-parking'], classes, dwell_s: dwell, absent_s });
}

/** A grey frame whose first bytes carry its number. */
export function frame(seq: number, time: number, width = 400, height = 300): Frame {
  const rgb = new Uint8Array(new SharedArrayBuffer(width * height * 3)).fill(120);
  rgb[0] = seq & 255;
  rgb[1] = seq >> 8;
  return { seq, time, width, height, rgb };
}

export const seqOf = (picture: Picture) => picture.rgb[0]! + 256 * picture.rgb[1]!;

/** A looker whose finds come from a table; it answers when told, or at once. */
export class MadeLooker implements Looker {
  readonly workers: number;
  readonly asked: { seq: number; depth: LookDepth; crops: readonly Box[] }[] = [];
  readonly waiting: (() => void)[] = [];
  readonly #finds: (seq: number) => Detection[] | Error;
  readonly #hold: boolean;
  busy = 0;
  /** of an inference */
  ms = 1;

  constructor(workers: number, finds: (seq: number) => Detection[] | Error, hold = false) {
    this.workers = workers;
    this.#finds = finds;
    this.#hold = hold;
  }

  async look(picture: Picture, { depth, minScore, crops = [], enough }: LookOptions): Promise<Look> {
    const seq = seqOf(picture);
    this.asked.push({ seq, depth, crops });
    this.busy += 1;
    if (this.#hold) await new Promise<void>((done) => this.waiting.push(done));
    else await new Promise((done) => setImmediate(done));
    this.busy -= 1;
    const finds = this.#finds(seq);
    if (finds instanceof Error) throw finds;
    const made = enough?.[0] === 1 ? 0 : crops.length;
    const objects = finds.filter((one) => one.score >= minScore);
    return { objects, ms: this.ms * (1 + made), run_ms: this.ms, model: 'made', ...(made > 0 ? { crops: made } : {}) };
  }

  async close(): Promise<void> {}
}
