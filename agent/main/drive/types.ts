// agent/main/drive: the words of the made-up drive.
import type { CanFrame } from '../../../drivers/can/index.ts';

/** The exact truth of one instant. */
export interface Truth {
  /** epoch ms */
  readonly time: number;
  readonly lat: number;
  readonly lon: number;
  /** metres above mean sea level */
  readonly alt: number;
  /** degrees from true north */
  readonly track: number;
  /** m/s */
  readonly speed: number;
  /** metres of the vehicle's life */
  readonly odometer: number;
  /** seconds of engine running in the vehicle's life */
  readonly engine_s: number;
  /** engine speed, 1/min */
  readonly rpm: number;
  /** per cent */
  readonly fuel: number;
  /** degrees Celsius */
  readonly coolant: number;
  readonly ignition: 0 | 1;
  readonly brush: 0 | 1;
  readonly spray: 0 | 1;
  /** no satellite can be seen */
  readonly tunnel: boolean;
  /** tall buildings reflect signals */
  readonly canyon: boolean;
  readonly street: string;
}

export const LINE_NAMES = ['ignition', 'brush', 'spray'] as const;

/** One tenth of a second of a drive. */
export interface DriveStep {
  /** ms since the drive began */
  readonly time: number;
  readonly truth: Truth;
  /** what the receiver sends now: whole sentences, CR LF */
  readonly nmea?: string;
  /** what the bus carries within this step, in order; times in epoch ms */
  readonly can: readonly CanFrame[];
  /** lines that changed; at the very first step every line */
  readonly io: readonly { readonly line: (typeof LINE_NAMES)[number]; readonly state: 0 | 1 }[];
}

export interface DriveOptions {
  /** epoch ms of the first instant */
  readonly start?: number;
  /** fixes a second: 1 (as most receivers are set), 2, 5 or 10 */
  readonly hz?: 1 | 2 | 5 | 10;
  /** ms of the tour that are passed over: a demonstration need not wait at the depot */
  readonly skip?: number;
  /** frames of no meaning fill a bus of 250 kbit/s up: 1,800 frames a second */
  readonly fullBus?: boolean;
}

/** length of a step, ms */
export const STEP_MS = 100;
