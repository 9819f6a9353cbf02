// agent/main/trial: a box in a process of its own whose trial is about to be killed: says the process of its first candidate.
// In: on its command line, the folder of its state. Tests only.
import { join } from 'node:path';
import { createLooker } from '../../../models/pool.ts';
import { cacheDir } from '../../../models/testing.ts';
import { systemClock } from '../../health/clock.ts';
import { Turn } from '../updates/exchange.ts';
import { SwitchLooker } from '../updates/switch-looker.ts';
import { LiveTrial } from './live-trial.ts';
import { smallCard } from './testing.ts';

const card = await smallCard();
const trial = new LiveTrial({
  mode: 'once',
  looker: new SwitchLooker(await createLooker({ card, cacheDir, workers: 1 })),
  card: () => card,
  cacheDir,
  workers: 1,
  choices: join(process.argv[2]!, 'choices.json'),
  clock: systemClock(),
  turn: new Turn(),
  hold: async () => null,
  served: () => ({ missed: 0, wished_per_s: 4 }),
  onRestart: () => {},
  onChange: () => {},
  onChild: (pid, started) => started && process.send?.(pid),
  log: () => {},
  pace: { after_ms: 0 },
});
trial.start();
