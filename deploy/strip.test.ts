// What a release holds of flows: plain JavaScript that a Node without type stripping runs, nodes and all.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { flowsFolder, madeBox, parkingCase } from '../flows/testing.ts';
import { tempDir } from '../test/chain-rig.ts';
import { ofRepository } from './prune.ts';
import { walk } from './release-tree.ts';
import { stripFlows } from './strip.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('packed flows are JavaScript, and light the lamp in a Node that strips no types', async (t) => {
  const own = await Promise.all(['flows/', 'contract/'].map((folder) => walk(root, folder)));
  const entries = await stripFlows(own.flat().filter(({ name }) => ofRepository(name)));
  t.deepEqual(
    entries.map(({ name }) => name).filter((name) => name.startsWith('flows/') && name.endsWith('.ts')),
    [],
  );
  const slot = tempDir(t);
  let scripts = 0;
  for (const { name, data, source } of entries) {
    if (name.endsWith('/') || name.endsWith('.ts')) continue;
    mkdirSync(dirname(join(slot, name)), { recursive: true });
    if (data) writeFileSync(join(slot, name), data);
    else symlinkSync(source!, join(slot, name));
    if (!data) continue;
    scripts++;
    t.notRegex(Buffer.from(data).toString(), /from '\.[^']*\.ts'/, name);
  }
  t.true(scripts > 20);
  writeFileSync(join(slot, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(slot, 'node_modules'));

  const { bus, lines, url } = await madeBox(t);
  bus.case(parkingCase('a'), true);
  const folder = flowsFolder(t, url, { ready: 'lamp' });
  const args = ['--no-strip-types', join(slot, 'flows/main.js'), '--config', join(folder, 'flows.yaml')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const died = ended.then(([code]) => {
    throw new Error(`it ended: ${code}`);
  });
  await Promise.race([lines.until(({ lamp }) => lamp === true), died]);
  child.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
});
