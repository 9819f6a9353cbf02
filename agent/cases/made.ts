// agent/cases: made parts for this room's tests: a looker, a codec, sightings, an outbox in memory. Not for a box.
// A made person is a patch of strong contrast; the looker scores a patch by what contrast is left of it.
import type { KerbEvent, Lane } from '../../contract/index.ts';
import type { Detection, Look, Looker, Picture } from '../../models/types.ts';
import type { Site } from '../config/site.ts';
import type { Codec } from './mask.ts';
import type { Box, Moment, Outbox, Sighting } from './types.ts';

export const MADE_SITE: Site = {
  version: 1,
  time_zone: 'Asia/Shanghai',
  id: 'street',
  name: { zh: '街', en: 'Street' },
  place: { lon: 115.78, lat: 33.85, text: { zh: '路口', en: 'Crossing' } },
  cameras: [
    {
      id: 'cam1',
      name: { zh: '一号', en: 'One' },
      picture: [320, 240],
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
          name: { zh: '路边', en: 'Kerb' },
          kind: 'no-parking',
          polygon: [
            [0, 0],
            [320, 0],
            [320, 240],
          ],
        },
        {
          id: 'gate',
          name: { zh: '门', en: 'Gate' },
          kind: 'no-parking',
          polygon: [
            [0, 0],
            [320, 240],
            [0, 240],
          ],
          place: { lon: 115.79, lat: 33.86, grid: '341602001001001', text: { zh: '大门', en: 'Main gate' } },
        },
      ],
    },
  ],
  profile: {
    version: 'made-1',
    same_place_iou: 0.3,
    rules: [
      {
        id: 'parking',
        kind: 'dwell',
        code: '09009',
        zones: ['no-parking'],
        classes: ['car'],
        min_score: 0.4,
        dwell_s: { value: 30, source: 'made' },
        absent_s: 5,
      },
    ],
  },
};

/** A grey picture with persons as stripes of black and white. */
export function madePicture(persons: readonly Box[], width = 320, height = 240): Picture {
  const rgb = new Uint8Array(width * height * 3).fill(120);
  for (const [x, y, w, h] of persons) {
    for (let row = y; row < y + h; row++) {
      for (let col = x; col < x + w; col++) {
        rgb.fill(
          (Math.floor(row / 3) + Math.floor(col / 3)) % 2 ? 255 : 0,
          (row * width + col) * 3,
          (row * width + col) * 3 + 3,
        );
      }
    }
  }
  return { width, height, rgb };
}

/** 0..1: how much contrast is left in a box: half the mean difference of neighbours in a row, over what stripes have. */
export function contrast({ rgb, width }: Picture, [x, y, w, h]: Box): number {
  let sum = 0;
  for (let row = y; row < y + h; row++) {
    for (let col = x + 3; col < x + w; col += 3) {
      sum += Math.abs(rgb[(row * width + col) * 3]! - rgb[(row * width + col - 3) * 3]!);
    }
  }
  return sum / ((h * Math.max(1, Math.floor((w - 1) / 3))) / 1) / 255;
}

/** A looker that knows where persons may stand, and finds those that are still to be seen. */
export class MadeLooker implements Looker {
  readonly workers = 1;
  readonly busy = 0;
  readonly #places: readonly Box[];
  /** looks that fail before one succeeds */
  failures = 0;
  looks = 0;
  /** what it makes of the contrast: a stubborn one also sees what is hardly there */
  score: (contrast: number, box: Box) => number = (left) => left;

  constructor(places: readonly Box[]) {
    this.#places = places;
  }

  async look(picture: Picture, options: { depth: string; minScore: number }): Promise<Look> {
    this.looks++;
    if (this.failures > 0) {
      this.failures--;
      throw new Error('the worker died');
    }
    const objects: Detection[] = this.#places
      .map((box) => ({ class: 'person', score: this.score(contrast(picture, box), box), box }))
      .filter(({ score }) => score >= options.minScore);
    return { objects, ms: 1, run_ms: 1, model: 'made' };
  }

  async close(): Promise<void> {}
}

/** Pictures as their pixels: nothing is lost on the way. */
export const madeCodec: Codec = {
  async encode({ width, height, rgb }) {
    const bytes = new Uint8Array(4 + rgb.length);
    new DataView(bytes.buffer).setUint16(0, width);
    new DataView(bytes.buffer).setUint16(2, height);
    bytes.set(rgb, 4);
    return bytes;
  },
  async decode(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { width: view.getUint16(0), height: view.getUint16(2), rgb: bytes.subarray(4) };
  },
};

/** A sighting of a car; `number` makes its event's id. */
export function madeSighting(
  number: number,
  {
    box = [100, 100, 40, 30],
    zone = 'kerb',
    persons = [],
    at = 1000 * number,
    code = '09009',
  }: {
    box?: [number, number, number, number];
    zone?: string;
    persons?: readonly Box[];
    at?: number;
    code?: string;
  } = {},
): Sighting {
  const picture = madePicture(persons);
  const moment = (time: number): Moment => ({ frame: { time, ...picture }, box });
  const event: KerbEvent = {
    v: 1,
    kind: 'event',
    id: `event-${number}`,
    device: 'box-1',
    site: 'street',
    camera: 'cam1',
    at,
    until: at + 30_000,
    code,
    rule: 'parking',
    zone,
    class: 'car',
    track: number,
    box,
    certainty: 0.8,
    dwell_s: 30,
    limit_s: 30,
  };
  return { event, first: moment(at), proof: moment(at + 30_000) };
}

/** An outbox that keeps what it accepted, and fails where a test wants it to. */
export class MadeOutbox implements Outbox {
  records: { lane: Lane; epoch: string; seq: number; text: string; bytes: number }[] = [];
  readonly epochs: Record<string, string> = { case: 'c0c0c0c0', evidence: 'e0e0e0e0' };
  /** sequence numbers up to here are no longer held, by lane */
  readonly freed: Record<string, number> = {};
  /** called before and after a record is accepted; throwing before refuses it, after loses its receipt */
  hook: (moment: 'before' | 'after', lane: Lane) => void = () => {};

  async append(lane: Lane, record: { kind: string; text: string; bytes?: Uint8Array }) {
    this.hook('before', lane);
    const { epoch, nextSeq: seq } = this.lane(lane);
    this.records.push({ lane, epoch, seq, text: record.text, bytes: record.bytes?.length ?? 0 });
    this.hook('after', lane);
    return { epoch, seq };
  }

  lane(lane: Lane) {
    const epoch = this.epochs[lane] ?? 'ffffffff';
    const here = this.records.filter((record) => record.lane === lane && record.epoch === epoch);
    const { freed } = this;
    return {
      epoch,
      nextSeq: here.length + 1,
      async *read(from: number) {
        for (const { seq, text } of here) if (seq >= from && seq > (freed[lane] ?? 0)) yield { seq, text };
      },
    };
  }
}
