// ota: what its tests stand on. A repository made by ota/central with a clock of its own, and a web server that can lie.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import type { ExecutionContext } from 'ava';
import { KerbError } from '../contract/errors.ts';
import { type Good, readGood } from './central/goods.ts';
import { loadRoles, makeKeys } from './central/keys.ts';
import { type Published, publish } from './central/publish.ts';
import { type Signable, signWith } from './central/sign.ts';
import { openUpdater, type Pace, type RepositoryUpdater, type UpdaterOptions } from './device/index.ts';

export const DAY = 86_400_000;
/** The day on which most tests play: after the program's own build date. */
export const TODAY = Date.parse('2027-03-01T12:00:00Z');
/** Impatient, so that tests of stalls are short. */
export const QUICK: Pace = { headMs: 2_000, windowMs: 150, leastBytesPerS: 512, pauseMs: 5 };

export type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Buffer | null) => void | Promise<void>;

/** A folder served over HTTP with ranges; `answers` replaces the answer to a path. */
export class Site {
  readonly answers = new Map<string, Answer>();
  readonly requests: string[] = [];
  folder: string;
  readonly #server: Server;

  private constructor(folder: string) {
    this.folder = folder;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async open(t: ExecutionContext, folder: string): Promise<Site> {
    const site = new Site(folder);
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      site.#server.closeAllConnections();
      return new Promise<void>((resolve) => site.#server.close(() => resolve()));
    });
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '/');
    const range = request.headers.range;
    this.requests.push(range === undefined ? path : `${path} ${range}`);
    const bytes = await readFile(join(this.folder, path)).catch(() => null);
    const answer =
      this.answers.get(path) ??
      [...this.answers].find(([key]) => key.endsWith('*') && path.startsWith(key.slice(0, -1)))?.[1];
    if (answer) return answer(request, response, bytes);
    send(request, response, bytes);
  }
}

/** An honest answer. */
export function send(request: IncomingMessage, response: ServerResponse, bytes: Buffer | null): void {
  if (!bytes) {
    response.writeHead(404).end();
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(from);
  const headers: Record<string, string | number> = { 'content-length': part.length };
  if (from > 0) headers['content-range'] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(from > 0 ? 206 : 200, headers).end(part);
}

/** A repository in a folder of its own, with its keys. */
export class Shop {
  readonly folder: string;
  readonly keys: string;
  readonly repository: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.keys = join(folder, 'keys');
    this.repository = join(folder, 'repo');
  }

  static async open(t: ExecutionContext, rootThreshold = 2): Promise<Shop> {
    const shop = new Shop(await folderFor(t));
    await makeKeys(shop.keys, rootThreshold);
    return shop;
  }

  /** Publishes profiles by name and text, or goods. */
  async publish(now: number, profiles: Record<string, string> = {}, goods: Good[] = []): Promise<Published> {
    const add = [...goods];
    for (const [name, text] of Object.entries(profiles)) {
      const path = join(this.folder, `${name}.yaml`);
      await writeFile(path, text);
      add.push(await readGood(`profile=${path}`, this.folder));
    }
    return publish({ repository: this.repository, keys: this.keys, add, now });
  }

  /** The repository as it is now, to be served again later. */
  async copy(name: string): Promise<string> {
    const to = join(this.folder, name);
    await cp(this.repository, to, { recursive: true });
    return to;
  }

  get root(): Promise<Buffer> {
    return readFile(join(this.repository, 'metadata/1.root.json'));
  }

  /** Changes a metadata file and signs it with the keys of its role, as a thief of those keys could. */
  async forge(
    file: string,
    role: 'timestamp' | 'snapshot' | 'targets' | 'root',
    change: (signed: Json) => void,
  ): Promise<void> {
    const path = join(this.repository, 'metadata', file);
    const json = JSON.parse(await readFile(path, 'utf8')) as { signed: Json };
    change(json.signed);
    const metadata = Metadata.fromJSON(role as MetadataKind.Targets, json as never) as Signable;
    const roles = await loadRoles(this.keys);
    await signWith(metadata, this.keys, roles, [{ role, ...roles.roles[role] }]);
    await writeFile(path, JSON.stringify(metadata.toJSON()));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests reach into metadata of any shape
export type Json = Record<string, any>;

/** A shop, its site, and a box that trusts it. */
export async function stage(t: ExecutionContext) {
  const shop = await Shop.open(t);
  await shop.publish(TODAY, { street: 'id: street\nversion: 1\n' });
  const site = await Site.open(t, shop.repository);
  const box = await Box.open(t, site, await shop.root);
  return { shop, site, box };
}

/** A box's metadata folder; each `updater` is a new start of its program. */
export class Box {
  readonly dir: string;
  readonly files: string;
  readonly site: Site;
  now = TODAY;

  private constructor(folder: string, site: Site) {
    this.dir = join(folder, 'metadata');
    this.files = join(folder, 'files');
    this.site = site;
  }

  static async open(t: ExecutionContext, site: Site, root: Buffer | null): Promise<Box> {
    const box = new Box(await folderFor(t), site);
    if (root) await box.updater().init(root);
    return box;
  }

  updater(more: Partial<UpdaterOptions> = {}): RepositoryUpdater {
    return openUpdater({ dir: this.dir, url: this.site.url, now: () => this.now, pace: QUICK, ...more });
  }

  /** Versions that the view shows. */
  async shown(): Promise<Record<string, number>> {
    const names = (await readdir(this.dir)).filter((name) => name.endsWith('.json'));
    const versions = names.map(async (name) => {
      const { signed } = JSON.parse(await readFile(join(this.dir, name), 'utf8')) as { signed: { version: number } };
      return [name.slice(0, -5), signed.version] as const;
    });
    return Object.fromEntries(await Promise.all(versions));
  }
}

export async function folderFor(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kerb-ota-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether `work` is refused with that code. */
export async function refusedWith(
  t: ExecutionContext,
  code: string,
  work: () => Promise<unknown>,
  note?: string,
): Promise<KerbError | undefined> {
  const error = await t.throwsAsync(work, undefined, note);
  t.true(error instanceof KerbError, `${note ?? ''} ${String(error?.stack)}`);
  t.is((error as KerbError).code, code, `${note ?? ''} ${error?.message}`);
  t.false(/\n/.test(error?.message ?? ''), 'one line');
  return error as KerbError;
}

export { MetadataKind };
