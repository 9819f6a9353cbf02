// A trial that takes the box down: killed in its middle, it is not begun again at the next start, nor at the one after it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { scratch } from '../../../models/testing.ts';
import { systemClock } from '../../health/clock.ts';
import { box } from './testing.ts';

test('killed in the middle of its trial, a box does not try again at its next starts, and no process stays', async (t) => {
  t.timeout(60_000);
  const folder = await scratch(t);
  const child = fork(fileURLToPath(new URL('./testing-child.ts', import.meta.url)), [folder]);
  t.teardown(() => child.kill('SIGKILL'));
  const [candidate] = (await once(child, 'message')) as [number];
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (let start = 0; start < 2; start++) {
    const { trial, until, children, looker } = await box(t, { clock: systemClock() }, folder);
    trial.start();
    await until('failed');
    t.is(trial.state().trial.reason, 'the agent or the box went down during it');
    await trial.close();
    t.deepEqual(children, []);
    t.is(looker.use?.weights, 'float', 'it looks all the same');
  }
  while (existsSync(`/proc/${candidate}`)) await new Promise((done) => setTimeout(done, 20));
  t.pass('what it had begun ended by itself');
});
