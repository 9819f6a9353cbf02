// agent/main/drive: the made-up drive in real time on two ptys: a receiver at DIR/gnss, a serial CAN adapter at DIR/can.
// In: a folder, a seed, the clock. Out: bytes on the ptys, lines' changes by callback.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDrive } from './drive.ts';
import { Pty } from './ptys.ts';
import { Adapter } from './slcan.ts';
import { slcanLine } from './text.ts';
import { type DriveOptions, type DriveStep, STEP_MS } from './types.ts';

export interface LiveOptions extends Omit<DriveOptions, 'start'> {
  readonly folder: string;
  readonly seed: number;
  /** epoch ms */
  readonly now: () => number;
  readonly ready: (name: 'gnss' | 'can', path: string, pid: number) => void;
  readonly line: (line: string, state: 0 | 1) => void;
  readonly failed: (reason: string) => void;
}

/** Behind or ahead of the clock by more (it was set, or the machine slept), the drive begins anew at the present, ms. */
const ADRIFT_MS = 5000;

/** Starts; the tour begins at the present UTC. */
export function startLive(options: LiveOptions): { stop(): Promise<void> } {
  const { folder, now } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const adapter = new Adapter();
  const path = { gnss: join(folder, 'gnss'), can: join(folder, 'can') };
  const { failed } = options;
  const gnss = new Pty(path.gnss, { ready: (pid) => options.ready('gnss', path.gnss, pid), failed });
  const can: Pty = new Pty(path.can, {
    ready: (pid) => options.ready('can', path.can, pid),
    input: (bytes) => can.write(adapter.take(bytes)),
    gone: () => adapter.reset(),
    failed,
  });
  gnss.start();
  can.start();

  const begin = () => createDrive(options.seed, { ...options, start: now() });
  let drive = begin();
  let next = drive.next().value;
  const tell = (step: DriveStep) => {
    if (step.nmea !== undefined) gnss.write(step.nmea);
    if (adapter.open && step.can.length > 0) can.write(step.can.map(slcanLine).join(''));
    for (const { line, state } of step.io) options.line(line, state);
  };
  const timer = setInterval(() => {
    if (Math.abs(now() - next.truth.time) > ADRIFT_MS) {
      drive = begin();
      next = drive.next().value;
    }
    while (next.truth.time <= now()) {
      tell(next);
      next = drive.next().value;
    }
  }, STEP_MS / 2);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all([gnss.stop(), can.stop()]);
    },
  };
}
