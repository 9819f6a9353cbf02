import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openReport, type Report, type ReportBody, reportSchema } from '../../../contract/index.ts';
import { folderFor, TODAY } from '../../testing.ts';
import { deviceKey } from './device-key.ts';
import { UpdateMemory } from './memory.ts';
import { Reporter } from './reporter.ts';

const quiet = () => {};

test('the key is made once, for this user alone, and a broken one is put aside', async (t) => {
  const file = join(await folderFor(t), 'device.key');
  const key = await deviceKey(file, quiet);
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.true((await deviceKey(file, quiet)).equals(key));
  await writeFile(file, 'torn');
  const lines: string[] = [];
  const other = await deviceKey(file, (line) => lines.push(line));
  t.false(other.equals(key));
  t.is(lines.length, 1);
  t.deepEqual((await readdir(join(file, '..'))).sort(), ['device.key', 'device.key.broken']);
});

async function made(t: ExecutionContext, folder: string) {
  const view: { items: ReportBody['items']; versions: ReportBody['versions']; fault?: ReportBody['fault'] } = {
    items: [],
    versions: null,
  };
  const kept: Report[] = [];
  const told: { next: (report: Report) => void; full: boolean; lines: string[]; line: () => void } = {
    next: quiet,
    full: false,
    lines: [],
    line: quiet,
  };
  const reporter = new Reporter({
    device: 'box-1',
    key: await deviceKey(join(folder, 'device.key'), quiet),
    memory: await UpdateMemory.open(folder),
    now: () => TODAY + 0.5,
    boot: 'b',
    clock: () => 'held',
    slot: 'a',
    view: () => view,
    keep: async (report) => {
      if (told.full) throw new Error('the outbox is full');
      kept.push(report);
      told.next(report);
    },
    log: (line) => {
      told.lines.push(line);
      told.line();
    },
  });
  t.teardown(() => reporter.close());
  const awake = setInterval(quiet, 1000); // the reporter's own timers keep no program alive
  t.teardown(() => clearInterval(awake));
  const next = () =>
    new Promise<ReportBody>((resolve) => {
      told.next = (report) => {
        const opened = openReport(reportSchema.parse(JSON.parse(JSON.stringify(report))));
        if ('body' in opened) resolve(opened.body);
      };
    });
  return { reporter, view, kept, next, told };
}

test('a report is signed and numbered, comes when something changed, and goes on counting after a restart', async (t) => {
  const folder = await folderFor(t);
  const one = await made(t, folder);
  const first = one.next();
  one.reporter.changed();
  t.like(await first, { device: 'box-1', counter: 1, slot: 'a', at: TODAY + 1, items: [], versions: null });
  one.reporter.changed();
  one.reporter.changed();
  const second = one.next();
  one.view.fault = { code: 'UPDATE_SIGNATURE', what: 'too few signatures' };
  one.reporter.changed();
  const body = await second;
  t.like(body, { counter: 2, fault: { code: 'UPDATE_SIGNATURE' } });
  t.not(body.nonce, (await first).nonce);
  t.is(one.kept.length, 2, 'nothing is told that has not changed');
  await one.reporter.close();
  const two = await made(t, folder);
  const third = two.next();
  two.reporter.changed();
  t.is((await third).counter, 3);
  t.is(two.kept[0]?.key, one.kept[0]?.key);
});

test('a report that cannot be kept harms nothing: it is told once, and the next change tells it', async (t) => {
  const one = await made(t, await folderFor(t));
  one.told.full = true;
  const line = new Promise<void>((resolve) => {
    one.told.line = resolve;
  });
  one.reporter.changed();
  await line;
  one.told.full = false;
  const next = one.next();
  one.view.versions = { root: 1, timestamp: 1, snapshot: 1, targets: 1 };
  one.reporter.changed();
  t.like(await next, { versions: { timestamp: 1 } });
  t.is(one.told.lines.length, 1);
});
