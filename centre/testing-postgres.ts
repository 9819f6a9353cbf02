// centre: a real Postgres server for tests, where one is installed: in a folder of its own, on a port of its own, as a
// user that is not root. It can be killed and started again.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../test/chain-rig.ts';

const ROOTS = '/usr/lib/postgresql';
/** nobody and nogroup: a server refuses to run as root. */
const NOBODY = 65_534;

/** Where the server's programs are; null where it is not installed. */
export function postgresPrograms(): string | null {
  const versions = existsSync(ROOTS) ? readdirSync(ROOTS) : [];
  const folders = versions.map((version) => join(ROOTS, version, 'bin'));
  return folders.findLast((folder) => existsSync(join(folder, 'initdb'))) ?? null;
}

export class PostgresServer {
  readonly url: string;
  readonly #dir: string;
  readonly #programs: string;
  readonly #port: number;
  readonly #who: { uid?: number; gid?: number };
  #child: ChildProcess | null = null;

  private constructor(programs: string, dir: string, port: number) {
    this.#programs = programs;
    this.#dir = dir;
    this.#port = port;
    this.#who = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
  }

  static async start(programs: string): Promise<PostgresServer> {
    const dir = mkdtempSync(join(tmpdir(), 'kerbside-postgres-'));
    const server = new PostgresServer(programs, dir, await freePort());
    if (server.#who.uid !== undefined) chownSync(dir, NOBODY, NOBODY);
    const args = ['-D', join(dir, 'data'), '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'];
    const made = spawnSync(join(programs, 'initdb'), args, { ...server.#who, cwd: dir, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    await server.run();
    return server;
  }

  /** Starts it and waits until it answers. */
  async run(): Promise<void> {
    const args = ['-D', join(this.#dir, 'data'), '-p', `${this.#port}`, '-k', this.#dir];
    const options = ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'shared_buffers=16MB'];
    const program = join(this.#programs, 'postgres');
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
