// agent/main/drive: the made-up truck's bus. In: the truth. Out: J1939 frames (SAE J1939-71) at the rates of a real truck:
// about 240 a second, or a full 250 kbit/s bus of 1,800. Bytes that nobody filled are FF: not available.
import type { CanFrame } from '../../../drivers/can/index.ts';
import type { Random } from './random.ts';
import { LIFE } from './truck.ts';
import { STEP_MS, type Truth } from './types.ts';

/** What the wheels measure over what is true: worn tyres. */
export const WHEELS = 1.004;
/** the bus sleeps this long after the key was turned, ms */
const SLEEP_MS = 3000;
const SLOT_MS = 10;
const FULL_PER_SLOT = 18;

interface Message {
  readonly id: number;
  /** ms, a multiple of the slot */
  readonly every: number;
  readonly fill: (data: Uint8Array, truth: Truth, random: Random) => void;
}

const u8 = (data: Uint8Array, byte: number, raw: number) => {
  data[byte - 1] = Math.max(0, Math.min(250, Math.round(raw)));
};
const u16 = (data: Uint8Array, byte: number, raw: number) => {
  const value = Math.max(0, Math.min(0xfaff, Math.round(raw)));
  data[byte - 1] = value & 255;
  data[byte] = value >> 8;
};
const u32 = (data: Uint8Array, byte: number, raw: number) => {
  const value = Math.floor(raw);
  for (let i = 0; i < 4; i++) data[byte - 1 + i] = (value / 256 ** i) & 255;
};
const wheelSpeed = (truth: Truth) => (truth.speed < 0.25 ? 0 : truth.speed * WHEELS * 3.6 * 256);
const wheelMetres = (truth: Truth) => LIFE.odometer + (truth.odometer - LIFE.odometer) * WHEELS;
const load = (truth: Truth) => Math.min(95, 12 + truth.rpm / 40);
const nothing = () => {};

/** By address: 0 engine, 3 gearbox, 11 brakes, 33 body, 23 instruments, 238 tachograph. */
const MESSAGES: readonly Message[] = [
  {
    id: 0x0cf00400,
    every: 20,
    fill: (d, t) => {
      d[0] = 0xf0 | (t.rpm > 0 ? 3 : 0);
      u8(d, 3, 125 + load(t));
      u16(d, 4, t.rpm * 8);
    },
  },
  {
    id: 0x0cf00203,
    every: 20,
    fill: (d, t) => {
      u16(d, 2, t.speed * 400);
      u16(d, 6, t.rpm * 8);
    },
  },
  {
    id: 0x0cf00300,
    every: 50,
    fill: (d, t) => {
      u8(d, 2, t.speed * 15);
      u8(d, 3, load(t));
    },
  },
  {
    id: 0x18f00503,
    every: 100,
    fill: (d, t) => {
      u8(d, 1, 125 + (t.speed > 0 ? 2 : 0));
      u8(d, 4, 125 + (t.speed > 0 ? 2 : 0));
    },
  },
  { id: 0x18f0010b, every: 100, fill: nothing },
  {
    id: 0x18fef100,
    every: 100,
    fill: (d, t) => {
      d[0] = t.rpm === 0 ? 0xf7 : 0xf3;
      u16(d, 2, wheelSpeed(t));
      d[3] = t.speed < 0.1 ? 0xdf : 0xcf;
    },
  },
  { id: 0x18fef121, every: 100, fill: nothing },
  { id: 0x18febf0b, every: 100, fill: (d, t) => u16(d, 1, wheelSpeed(t)) },
  {
    id: 0x0cfe6cee,
    every: 50,
    fill: (d, t) => {
      d[0] = t.speed > 0 ? 0x40 : 0;
      d[3] = 0;
      u16(d, 7, wheelSpeed(t));
    },
  },
  { id: 0x18fef200, every: 100, fill: (d, t) => u16(d, 1, t.rpm === 0 ? 0 : (2.2 + (t.rpm - 750) * 0.009) * 20) },
  {
    id: 0x18fef021,
    every: 100,
    fill: (d, t) => {
      u16(d, 2, t.brush ? 8000 : 0);
      d[5] = t.brush ? 0xfd : 0xfc;
    },
  },
  { id: 0x18feef00, every: 500, fill: (d, t) => u8(d, 4, t.rpm === 0 ? 0 : 60 + t.rpm / 40) },
  { id: 0x18fef600, every: 500, fill: (d, t) => u8(d, 2, 50 + load(t) / 2) },
  {
    id: 0x18feee00,
    every: 1000,
    fill: (d, t) => {
      u8(d, 1, t.coolant + 40);
      u16(d, 3, (t.coolant + 8 + 273) * 32);
    },
  },
  {
    id: 0x18fef500,
    every: 1000,
    fill: (d) => {
      u8(d, 1, 202);
      u16(d, 4, (18 + 273) * 32);
    },
  },
  { id: 0x18fef700, every: 1000, fill: (d, t) => u16(d, 5, (t.rpm > 0 ? 27.8 : 24.9) * 20) },
  { id: 0x18fee500, every: 1000, fill: (d, t) => u32(d, 1, t.engine_s / 180) },
  { id: 0x18fee900, every: 1000, fill: (d, t) => u32(d, 5, 41_250 + (t.engine_s - LIFE.engineS) / 500) },
  {
    id: 0x18feae0b,
    every: 1000,
    fill: (d) => {
      u8(d, 3, 104);
      u8(d, 4, 103);
    },
  },
  { id: 0x18febd00, every: 1000, fill: (d) => u8(d, 1, 75) },
  {
    id: 0x18fefc17,
    every: 1000,
    fill: (d, t, random) => u8(d, 2, (t.fuel + (t.speed > 0 ? 0.4 : 0.05) * random.normal()) / 0.4),
  },
  {
    id: 0x18fec1ee,
    every: 1000,
    fill: (d, t) => {
      u32(d, 1, wheelMetres(t) / 5);
      u32(d, 5, (t.odometer - LIFE.odometer) / 5);
    },
  },
  {
    id: 0x18fee017,
    every: 1000,
    fill: (d, t) => {
      u32(d, 1, (t.odometer - LIFE.odometer) / 125);
      u32(d, 5, wheelMetres(t) / 125);
    },
  },
  // active faults: none of the engine, one of the body (SPN 1087, FMI 17, seen 3 times: air pressure a little low)
  { id: 0x18feca00, every: 1000, fill: (d) => d.set([0, 0xff, 0, 0, 0, 0, 0xff, 0xff]) },
  { id: 0x18feca0b, every: 1000, fill: (d) => d.set([0x04, 0xff, 0x3f, 0x04, 17, 3, 0xff, 0xff]) },
];

export class Bus {
  readonly #random: Random;
  readonly #full: boolean;
  #awakeUntil = Number.NEGATIVE_INFINITY;
  #filler = 1;

  constructor(random: Random, full: boolean) {
    this.#random = random;
    this.#full = full;
  }

  /** The frames of the step that begins with this truth. */
  frames(truth: Truth): CanFrame[] {
    if (truth.ignition === 1) this.#awakeUntil = truth.time + SLEEP_MS;
    if (truth.time >= this.#awakeUntil) return [];
    const frames: CanFrame[] = [];
    for (let slot = 0; slot < STEP_MS; slot += SLOT_MS) this.#slot(truth, slot, frames);
    return frames;
  }

  #slot(truth: Truth, slot: number, frames: CanFrame[]): void {
    const time = truth.time + slot;
    let n = 0;
    MESSAGES.forEach(({ id, every, fill }, i) => {
      // messages of one period do not come all at once
      if ((time + i * SLOT_MS * 7) % every >= SLOT_MS) return;
      const data = new Uint8Array(8).fill(0xff);
      fill(data, truth, this.#random);
      frames.push({ time: time + 0.1 + n++ * 0.54, id, extended: true, data });
    });
    if (!this.#full) return;
    for (; n < FULL_PER_SLOT; n++) {
      this.#filler = (Math.imul(this.#filler, 1103515245) + 12345) >>> 0;
      const data = new Uint8Array(8).fill(this.#filler >>> 24);
      const id = 0x18ff0000 + ((this.#filler >>> 8) % 40) * 256 + 33;
      frames.push({ time: time + 0.1 + n * 0.54, id, extended: true, data });
    }
  }
}
