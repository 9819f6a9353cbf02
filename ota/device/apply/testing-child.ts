// ota/device/apply, for tests: a program that keeps a made place up to date until it is killed. In: folder, metadata folder,
// address, epoch ms. Out: a line of JSON for what it starts with, and one for each thing that it says of it.
import { join } from 'node:path';
import { openUpdater } from '../index.ts';
import { GoodsStore } from './goods.ts';
import { UpdateManager } from './manager.ts';
import { UpdateMemory } from './memory.ts';
import { MadeKind } from './testing.ts';

const [folder, dir, url, at] = process.argv.slice(2) as [string, string, string, string];
const memory = await UpdateMemory.open(folder);
const goods = new GoodsStore(join(folder, 'goods'));
const kind = new MadeKind();
await kind.start(memory, goods);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
say({ starts: kind.running.counter ?? 0, text: kind.running.text });
const manager = new UpdateManager({
  open: (root, signal) => openUpdater({ dir, url, now: () => Number(at), root, signal }),
  root: join(folder, 'root.json'),
  kinds: [kind],
  memory,
  goods,
  hardware: 'linux-x64',
  poll_s: 1,
  jitter_s: 0,
  now: () => Number(at),
  random: () => 0,
  changed: () => say({ result: manager.view().items[0]?.result, running: kind.running.counter ?? 0 }),
  log: () => {},
});
setInterval(() => {}, 1000);
for (;;) await manager.round();
