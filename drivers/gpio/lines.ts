// drivers/gpio: a set of lines, each opened, cleaned and reported. A line that cannot be opened costs the others nothing.
import { oneLine } from '../../contract/errors.ts';
import { Debouncer } from './debounce.ts';
import type { LineConfig, LineReading, Lines, OpenPin, Pin } from './types.ts';

interface Running {
  readonly pin: Pin;
  readonly debouncer: Debouncer;
  timer: NodeJS.Timeout | null;
}

/**
 * Opens every line and reports each believed change.
 * @param wall the box's clock, epoch ms
 * @param onReading called with each change, and once with each line's state at the start
 */
export async function openLines(
  configs: readonly LineConfig[],
  open: OpenPin,
  wall: () => number,
  onReading: (reading: LineReading) => void,
): Promise<Lines> {
  const running: Running[] = [];
  const failed: { line: string; reason: string }[] = [];
  for (const config of configs) {
    try {
      const pin = await open(config);
      const line: Running = { pin, debouncer: new Debouncer(config, pin.read(), wall()), timer: null };
      running.push(line);
      onReading(line.debouncer.reading(wall()));
      pin.watch((level) => {
        const reading = line.debouncer.edge(level, wall());
        if (reading) onReading(reading);
        schedule(line, wall, onReading);
      });
    } catch (error) {
      failed.push({ line: config.id, reason: oneLine(error) });
    }
  }
  return {
    failed,
    now: () => running.map(({ debouncer }) => debouncer.reading(wall())),
    close() {
      for (const { pin, timer } of running) {
        if (timer) clearTimeout(timer);
        pin.close();
      }
    },
  };
}

/** A level that stands without a further edge is believed when its time has come. */
function schedule(line: Running, wall: () => number, onReading: (reading: LineReading) => void): void {
  if (line.timer) clearTimeout(line.timer);
  const { due } = line.debouncer;
  line.timer = null;
  if (due === null) return;
  line.timer = setTimeout(
    () => {
      const reading = line.debouncer.settle(Math.max(due, wall()));
      if (reading) onReading(reading);
    },
    Math.max(0, due - wall()),
  );
}
