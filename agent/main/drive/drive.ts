// agent/main/drive: a made-up sweeper's day, for ever: a closed tour, step by step. In: a seed. Out: what its receiver,
// its bus and its lines say, and the exact truth. Pure: the same seed and options give the same drive.
import { Bus } from './bus.ts';
import { Random } from './random.ts';
import { Receiver } from './receiver.ts';
import { PATH } from './streets.ts';
import { Truck } from './truck.ts';
import { type DriveOptions, type DriveStep, LINE_NAMES, STEP_MS } from './types.ts';

/** When a made drive begins unless it is told otherwise: a Monday, 08:30 in Bozhou. */
export const START = Date.UTC(2026, 2, 2, 0, 30);

/** Length of one tour, m. */
export const TOUR_M = PATH.length;

/** Steps of 0.1 s without end; the tour closes on itself. Steps begin at a whole tenth of a second. */
export function* createDrive(seed: number, options: DriveOptions = {}): Generator<DriveStep, never> {
  const { start = START, hz = 1, skip = 0, fullBus = false } = options;
  const began = Math.round(start / STEP_MS) * STEP_MS;
  const truck = new Truck(new Random(seed, 0));
  const receiver = new Receiver(new Random(seed, 1));
  const bus = new Bus(new Random(seed, 2), fullBus);
  for (let passed = 0; passed < skip; passed += STEP_MS) truck.step();
  const states = new Map<string, 0 | 1>();
  for (let time = 0; ; time += STEP_MS) {
    if (time > 0) truck.step();
    const truth = truck.truth(began + time);
    const io = LINE_NAMES.filter((line) => states.get(line) !== truth[line]).map((line) => {
      states.set(line, truth[line]);
      return { line, state: truth[line] };
    });
    const speaks = truth.time % (1000 / hz) === 0;
    yield { time, truth, can: bus.frames(truth), io, ...(speaks ? { nmea: receiver.epoch(truth) } : {}) };
  }
}
