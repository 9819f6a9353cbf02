// agent/health: the box's clocks. The one place of the agent that reads the wall clock and the time since boot.
import { existsSync, readFileSync } from 'node:fs';

export type ClockQuality = 'unknown' | 'held' | 'synced';

/** What everything that needs a time is given. */
export interface Clock {
  /** UTC epoch ms, as good as `quality` says */
  wall(): number;
  /** ms since this machine was booted; never goes back */
  mono(): number;
  /** unknown: before this program was made, so surely wrong; held: plausible; synced: a time service vouches for it */
  quality(): ClockQuality;
  /** names this boot */
  readonly boot: string;
}

/** No box of this version can run before it was written. */
const FLOOR = Date.UTC(2026, 10, 1);

/** The system's clock. */
export function systemClock(): Clock {
  return {
    wall: () => Date.now(),
    mono: () => {
      const [seconds, nanoseconds] = process.hrtime();
      return seconds * 1000 + nanoseconds / 1e6;
    },
    quality: () => {
      if (Date.now() < FLOOR) return 'unknown';
      return existsSync('/run/systemd/timesync/synchronized') ? 'synced' : 'held';
    },
    boot: bootId(),
  };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '00000000-0000-0000-0000-000000000000';
  }
}
