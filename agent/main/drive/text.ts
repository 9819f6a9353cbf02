// agent/main/drive: a drive's frames and truth as text. In: frames, truth. Out: lines of candump and slcan, NDJSON. Pure.
import type { CanFrame } from '../../../drivers/can/index.ts';
import type { Truth } from './types.ts';

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).toUpperCase().padStart(2, '0'));

function hex(data: Uint8Array): string {
  let text = '';
  for (const byte of data) text += HEX[byte];
  return text;
}

function identifier(id: number): string {
  return HEX[id >>> 24]! + HEX[(id >>> 16) & 255]! + HEX[(id >>> 8) & 255]! + HEX[id & 255]!;
}

/** As `candump -L` writes it. */
export function candumpLine({ time, id, data }: CanFrame): string {
  return `(${(time / 1000).toFixed(6)}) can0 ${identifier(id)}#${hex(data)}\n`;
}

/** As a serial CAN adapter (slcan) sends it. */
export function slcanLine({ id, data }: CanFrame): string {
  return `T${identifier(id)}${data.length}${hex(data)}\r`;
}

/** Degrees to 1e-8, the rest to what a measuring instrument would dream of. */
export function truthLine(truth: Truth): string {
  const { ignition, brush, spray, ...rest } = truth;
  return `${JSON.stringify({
    ...rest,
    lat: round(truth.lat, 1e8),
    lon: round(truth.lon, 1e8),
    alt: round(truth.alt, 1e3),
    track: round(truth.track, 1e3),
    speed: round(truth.speed, 1e4),
    odometer: round(truth.odometer, 1e3),
    engine_s: round(truth.engine_s, 10),
    rpm: round(truth.rpm, 10),
    fuel: round(truth.fuel, 1e3),
    coolant: round(truth.coolant, 100),
    ignition,
    lines: { ignition, brush, spray },
  })}\n`;
}

const round = (value: number, scale: number) => Math.round(value * scale) / scale;
