// ota: one writer at a time. In: a path. Out: a lock that the kernel gives back when its process ends, kill -9 too.
// Never: a stale lock. It is a Unix socket in Linux's abstract namespace, so nothing lies on the disk.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KerbError } from '../contract/errors.ts';

/** Gives the lock back. */
export type Unlock = () => Promise<void>;

/**
 * Takes the lock of `path` (its real path: two names of one folder are one lock).
 * @param waitMs how long to wait for another holder
 * @throws KerbError `code` when it is still held then
 */
export async function lock(path: string, code: string, waitMs = 5_000): Promise<Unlock> {
  const name = `\0kerbside-${createHash('sha256').update(path).digest('hex').slice(0, 40)}`;
  for (let waited = 0; ; waited += 100) {
    const unlock = await tryLock(name);
    if (unlock) return unlock;
    if (waited >= waitMs) throw new KerbError(code, 'another process is at work here', path, 'wait until it is done');
    await sleep(100);
  }
}

function tryLock(name: string): Promise<Unlock | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}
