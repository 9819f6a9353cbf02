// agent/health: the box's clocks. The one place of the agent that reads the wall clock and the time since boot.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { CLOCK_FLOOR, type ClockQuality } from '../../contract/index.ts';

export type { ClockQuality } from '../../contract/index.ts';

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

/** systemd-timesyncd makes this file once it has set the clock. */
const TIMESYNC = '/run/systemd/timesync/synchronized';

/** The system's clock. @param vouched whether another time service (chrony, ntpd) is known to hold it */
export function systemClock(vouched = () => false): Clock {
  return {
    wall: () => Date.now(),
    mono: () => {
      const [seconds, nanoseconds] = process.hrtime();
      return seconds * 1000 + nanoseconds / 1e6;
    },
    quality: () => {
      if (Date.now() < CLOCK_FLOOR) return 'unknown';
      return vouched() || existsSync(TIMESYNC) ? 'synced' : 'held';
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

/**
 * Whether the kernel's clock is held by any time service (chrony, ntpd, timesyncd): systemd says so from the kernel's own
 * flag. Null: this system cannot tell.
 */
export function askTimeService(): Promise<boolean | null> {
  return new Promise((resolve) => {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    execFile('timedatectl', args, { timeout: 2000 }, (error, stdout) => {
      const answer = stdout.trim();
      resolve(error || (answer !== 'yes' && answer !== 'no') ? null : answer === 'yes');
    });
  });
}
