// agent/commands: `ping`: the box says who it is and how it is. Changes nothing.
import type { Lane } from '../../contract/index.ts';
import type { CommandClock, Handler } from './types.ts';

export interface PingOptions {
  readonly version: string;
  readonly boot: string;
  readonly clock: CommandClock;
  /** when this program started, on the clock of `mono` */
  readonly started: number;
  /** records that wait, by lane */
  readonly waiting: () => Promise<Partial<Record<Lane, number>>>;
}

export function pingHandler({ version, boot, clock, started, waiting }: PingOptions): Handler {
  return async () => ({
    version,
    boot,
    /** seconds: of this program, of the machine */
    uptime_s: Math.round((clock.mono() - started) / 1000),
    machine_s: Math.round(clock.mono() / 1000),
    clock: clock.quality(),
    waiting: await waiting(),
  });
}
