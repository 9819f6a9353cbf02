// What must not be disturbed: an update under way, a release that the launcher has not kept yet.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ReportItem } from '../../../contract/index.ts';
import { scratch } from '../../../models/testing.ts';
import { underWay } from './quiet.ts';

const view = (...results: ReportItem['result'][]) => ({
  items: results.map((result) => ({ kind: 'model', name: 'm', wanted: null, running: null, result, at: 0 }) as const),
});

/** An installed box in slot a. */
async function installed(t: ExecutionContext, state: string, want?: string) {
  const home = await scratch(t);
  await mkdir(join(home, 'launch'));
  await writeFile(join(home, 'launch/state'), `${state}\nend=yes\n`);
  if (want !== undefined) await writeFile(join(home, 'launch/want'), want);
  return { opt: home, home, run: home, slot: 'a' as const };
}

test('an update that is fetched or on trial', async (t) => {
  t.is(await underWay(null, null), null);
  t.is(await underWay(view('success', 'failed', 'refused', 'returned'), null), null);
  t.is(await underWay(view('success', 'pending'), null), 'update');
  t.is(await underWay(view('trial'), null), 'update');
});

test('a slot that is not kept, or that another is about to replace', async (t) => {
  t.is(await underWay(null, await installed(t, 'committed=a\ntrial=')), null);
  t.is(await underWay(null, await installed(t, 'committed=b\ntrial=a')), 'slot');
  t.is(await underWay(null, await installed(t, 'committed=b\ntrial=')), 'slot');
  t.is(await underWay(null, await installed(t, 'committed=a\ntrial=', 'b\n')), 'slot');
});
