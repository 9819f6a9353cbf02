// drivers/can: what several tests of this room share. In: text. Out: frames and counts. Never: used outside of tests.
import { CandumpParser } from './candump-parser.ts';
import type { CanCounters, CanFrame } from './types.ts';

/** inputs per property: ten thousand in `npm test`; more for a long run (KERBSIDE_FUZZ_RUNS=1000000) */
export const RUNS = Number(process.env['KERBSIDE_FUZZ_RUNS'] ?? 10_000);

/** The frames of a candump text. */
export function framesOf(text: string): { frames: CanFrame[]; counters: CanCounters } {
  const frames: CanFrame[] = [];
  const parser = new CandumpParser((frame) => frames.push(frame));
  parser.push(Buffer.from(text, 'latin1'));
  parser.end();
  return { frames, counters: parser.counters };
}

/** A frame from hexadecimal digits. */
export function frame(id: number, hex: string, time = 0, extended = true): CanFrame {
  return { time, id, extended, data: Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')) };
}
