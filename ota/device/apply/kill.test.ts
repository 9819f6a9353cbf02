// ota/device/apply: kill -9 at any moment of an update: the next start runs a whole version, never an older one than one that
// was kept, and in the end the newest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { folderFor, stage, TODAY } from '../../testing.ts';

const CHILD = fileURLToPath(new URL('testing-child.ts', import.meta.url));
/** How long after its first word each life ends, ms: over a whole round, whatever this machine's speed. */
const LIVES = [1, 15, 30, 45, 60, 80, 100, 130, 160, 200];

test('killed again and again in the middle of updates', async (t) => {
  const { shop, site, box } = await stage(t);
  const folder = await folderFor(t);
  const published = new Map<number, string>([[1, 'id: street\nversion: 1\n']]);
  const live = async (end: (line: { result?: string; running?: number }) => boolean, ms: number) => {
    const child = spawn(process.execPath, [CHILD, folder, box.dir, site.url, `${TODAY}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => void child.kill('SIGKILL'));
    let first: { starts: number; text: string } | null = null;
    let kept = 0;
    let timer: NodeJS.Timeout | undefined;
    for await (const line of createInterface(child.stdout)) {
      const said = JSON.parse(line) as { starts: number; text: string; result?: string; running?: number };
      if (!first) {
        first = said;
        timer = setTimeout(() => child.kill('SIGKILL'), ms);
      }
      if (said.result === 'success' && said.running) kept = Math.max(kept, said.running);
      if (end(said)) child.kill('SIGKILL');
    }
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return { ...first!, kept };
  };
  let least = 0;
  for (const [i, ms] of LIVES.entries()) {
    const text = `good ${i}`;
    await shop.publish(TODAY, { street: text });
    published.set(i + 2, text);
    const { starts, text: ran, kept } = await live(() => false, ms);
    t.true(starts >= least, `${starts} after ${least} was kept`);
    t.is(ran, starts === 0 ? 'own' : (published.get(starts) ?? ''), 'whole, and what its counter says');
    least = Math.max(least, starts, kept);
  }
  const newest = LIVES.length + 1;
  const last = await live(({ result, running }) => result === 'success' && running === newest, 60_000);
  t.is(last.kept, newest);
  t.is((await live(() => true, 0)).text, published.get(newest) ?? '');
  const goods = await readdir(join(folder, 'goods'));
  t.true(goods.length <= 3, goods.join());
});
