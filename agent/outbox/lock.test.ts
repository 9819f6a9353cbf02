// One writer per folder: a second one is told who has it, a dead one's lock is taken over, exactly once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { takeLock } from './lock.ts';
import { folder } from './testing.ts';

test('a second writer is refused with the number of the first; after it has let go there is room', async (t) => {
  const dir = await folder(t);
  const release = await takeLock(dir);
  const error = await t.throwsAsync(takeLock(dir), { code: 'OUTBOX_IN_USE' } as object);
  t.regex(error!.message, new RegExp(`process ${process.pid} `));
  await release();
  const second = await takeLock(dir);
  await second();
  t.deepEqual(await readdir(dir), []);
});

test('the lock of a process that was killed is taken over, also where its number lives on, also when it is rubbish', async (t) => {
  const dir = await folder(t);
  const script = `import { takeLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).pathname)};
    await takeLock(${JSON.stringify(dir)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  await t.throwsAsync(takeLock(dir), { code: 'OUTBOX_IN_USE' } as object);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await takeLock(dir))();
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).slice(0, 8);
  const path = join(dir, 'lock');
  for (const said of [`${process.pid}.1.${boot}`, `${2 ** 22 + 7}.1.${boot}`, 'rubbish', '/']) {
    await symlink(said, path);
    const release = await takeLock(dir);
    t.true((await readlink(path)).startsWith(`${process.pid}.`));
    await release();
  }
  await writeFile(path, 'not even a link');
  await (await takeLock(dir))();
});

test('of many that find a dead lock one gets it', async (t) => {
  const dir = await folder(t);
  for (let round = 0; round < 20; round++) {
    await symlink(`${2 ** 22 + 7}.1.0`, join(dir, 'lock'));
    const tried = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(dir)));
    const got = tried.filter((each) => each.status === 'fulfilled');
    t.is(got.length, 1);
    await got[0]!.value();
  }
});
