// agent/vehicle: the words of this room's face. Readings with their own time come in; points, events and a state go out.
// Nothing here reads a clock (law 1): where time must pass with nothing said, a `tick` reading says so.
import type { TelemetryPoint } from '../../contract/index.ts';
import type { Epoch } from '../../drivers/gnss/types.ts';
import type { LineReading } from '../../drivers/gpio/types.ts';

/** What the bus says that this room understands; the names are ours, the units SI (fuel per cent, rpm 1/min, coolant degC). */
export type BusSignal = 'speed' | 'rpm' | 'distance' | 'fine_distance' | 'engine_s' | 'fuel' | 'coolant';

/**
 * One thing that was sensed. `time`: epoch ms of the box when it arrived; in a replay, of the recording. They come in
 * order; one that is up to 2 s earlier than its predecessor counts as of the same time, a larger step back as the box's
 * clock being set.
 */
export type Reading =
  | { readonly kind: 'fix'; readonly time: number; readonly epoch: Epoch }
  | {
      readonly kind: 'signal';
      readonly time: number;
      readonly name: BusSignal;
      /** bus address of the sender */
      readonly source: number;
      /** null: the sender says that it does not know */
      readonly value: number | null;
    }
  | { readonly kind: 'line'; readonly time: number; readonly reading: LineReading }
  /** time passed with nothing said: once a second is enough */
  | { readonly kind: 'tick'; readonly time: number };

/** Something that happened to the vehicle: not yet a matter of the city. */
export interface VehicleEvent {
  readonly kind: 'event';
  readonly what:
    | 'trip-begin'
    | 'trip-end'
    | 'moving'
    | 'rest'
    | 'speed-differs'
    | 'speed-agrees'
    | 'fix-lost'
    | 'fix-found'
    | 'line';
  /** epoch ms */
  readonly at: number;
  /** the trip it belongs to: its first instant, epoch ms; null outside trips */
  readonly trip: number | null;
  readonly line?: { readonly id: string; readonly state: 0 | 1 };
  /** of trip-end: metres driven and seconds taken */
  readonly distance?: number;
  readonly duration?: number;
  /** of speed-differs: m/s of both */
  readonly speeds?: { readonly gnss: number; readonly bus: number };
}

export interface PointOutput {
  readonly kind: 'point';
  readonly point: TelemetryPoint;
}

export type Output = VehicleEvent | PointOutput;

/** The vehicle as it is now: what the page shows. Null: not known. */
export interface VehicleNow {
  readonly time: number;
  readonly ignition: 0 | 1 | null;
  readonly moving: boolean;
  readonly trip: { readonly since: number; readonly distance: number } | null;
  /** m/s, best of both */
  readonly speed: number | null;
  readonly speedSource: 'gnss' | 'bus' | 'none';
  readonly speedGnss: number | null;
  readonly speedBus: number | null;
  readonly differs: boolean;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly alt: number | null;
  readonly track: number | null;
  /** as the receiver says: 0 not said or silent, 1 no fix, 2 position, 3 position and altitude */
  readonly mode: number;
  /** ms since the last usable fix; null: never */
  readonly fixAge: number | null;
  /** metres */
  readonly odometer: number | null;
  readonly odometerSource: 'bus' | 'integrated';
  /** seconds of engine running */
  readonly engineS: number | null;
  readonly engineSource: 'bus' | 'counted';
  readonly rpm: number | null;
  /** per cent */
  readonly fuel: number | null;
  /** degrees Celsius */
  readonly coolant: number | null;
  readonly hdop: number | null;
  /** satellites used; null where the receiver does not tell them */
  readonly satellites: number | null;
  readonly lines: Readonly<Record<string, { readonly state: 0 | 1; readonly since: number; readonly pulses?: number }>>;
}
