// ota/central: what can be published. In: kind=FILE. Out: the targets it becomes, each with what the box is told of it.
// Never: a file that is not what its card says; a name that a path or a shell could stumble over.
//
// Every target's path is KIND/NAME/COUNTER/FILE. `custom` says {kind, name, version, counter, hardware}; the counter rises
// by one for each publishing of a kind and never falls. A model is one target for its card, whose custom lists `files`,
// and one for each model file, with `place`, its path beside the card.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, parse } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { filesOf, loadCard } from '../../models/card.ts';
import { findModel, readModel } from '../../models/files.ts';

export const KINDS = ['model', 'profile', 'agent'] as const;
export type Kind = (typeof KINDS)[number];

/** One file of a good. */
export interface GoodFile {
  /** the last part of its path */
  readonly name: string;
  /** where its bytes are now */
  readonly source: string;
  readonly length: number;
  readonly sha256: string;
  /** its path beside the first file, on the box */
  readonly place: string;
}

/** Something to publish; the first file is the one that a box looks for. */
export interface Good {
  readonly kind: Kind;
  readonly name: string;
  readonly version: string;
  /** what it runs on: "linux-x64", or "any" */
  readonly hardware: readonly string[];
  readonly files: readonly GoodFile[];
}

const MAX_BYTES: Record<Kind, number> = { model: 256 << 10, profile: 1 << 20, agent: 400 << 20 };

/**
 * @param text kind=FILE
 * @param cacheDir where model files lie that are not beside their card
 * @throws KerbError OTA_ADD for a wrong form, OTA_FILE for a file, CARD_*, MODEL_*
 */
export async function readGood(text: string, cacheDir: string): Promise<Good> {
  const at = text.indexOf('=');
  const kind = KINDS.find((known) => known === text.slice(0, at));
  const path = text.slice(at + 1);
  if (!kind || path === '') {
    const remedy = `give ${KINDS.map((known) => `${known}=FILE`).join(' or ')}`;
    throw new KerbError('OTA_ADD', `"${text.slice(0, 80)}" names nothing to publish`, '--add', remedy);
  }
  const file = await fileOf(path, MAX_BYTES[kind]);
  if (kind === 'model') return model(path, file, cacheDir);
  return kind === 'profile' ? profile(path, file) : agent(path, file);
}

async function model(path: string, file: GoodFile, cacheDir: string): Promise<Good> {
  const { card, folder } = await loadCard(path);
  const files = [file];
  for (const one of filesOf(card)) {
    const places = { folder, cacheDir };
    await readModel(one, places);
    const source = (await findModel(one, places))!.path;
    const name = one.file.replaceAll('/', '_');
    files.push({ name, source, length: one.bytes, sha256: one.sha256, place: one.file });
  }
  return { kind: 'model', name: card.name, version: card.version, hardware: ['any'], files };
}

/** A profile is judged on the box; here only its name is looked for, so that a box's answer to a bad one can be tried. */
async function profile(path: string, file: GoodFile): Promise<Good> {
  let said: { id?: unknown; profile?: unknown; version?: unknown } = {};
  try {
    const handle = await open(path);
    const text = await handle.readFile('utf8').finally(() => handle.close());
    said = (parseYaml(text, { maxAliasCount: 0, logLevel: 'silent' }) as typeof said | null) ?? {};
  } catch {}
  const name = plain(said.id) ?? plain(said.profile) ?? plain(parse(path).name) ?? 'profile';
  // a site file carries its rules, whose version says more than that of its form
  const inner = (said.profile as { version?: unknown } | null | undefined)?.version;
  const version = String(inner ?? said.version ?? 1).slice(0, 40);
  return { kind: 'profile', name, version, hardware: ['any'], files: [file] };
}

/** A release's file is called kerbside-VERSION-COMMIT-ARCH.tar.zst. */
async function agent(path: string, file: GoodFile): Promise<Good> {
  const [, version, arch] = /^kerbside-(.{1,60}?)(?:-linux)?-(x64|arm64)\.tar\.zst$/.exec(basename(path)) ?? [];
  if (version === undefined || arch === undefined) {
    const remedy = 'call it kerbside-VERSION-x64.tar.zst or -arm64.tar.zst, as `ota release` does';
    throw new KerbError('OTA_FILE', 'its name does not say what it runs on', path, remedy);
  }
  return { kind: 'agent', name: 'kerbside', version, hardware: [`linux-${arch}`], files: [file] };
}

async function fileOf(path: string, most: number): Promise<GoodFile> {
  const fault = (what: string) => new KerbError('OTA_FILE', what, path, 'give a readable file');
  const info = await stat(path).catch((error: unknown) => {
    throw fault(oneLine(error));
  });
  if (!info.isFile() || info.size === 0) throw fault('it is no file, or empty');
  if (info.size > most) throw fault(`it has ${info.size} bytes, at most ${most}`);
  const hash = createHash('sha256');
  let length = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      length += (chunk as Buffer).length;
    }
  } catch (error) {
    throw fault(oneLine(error));
  }
  const name = basename(path)
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\./, '_')
    .slice(-100);
  return { name, source: path, length, sha256: hash.digest('hex'), place: name };
}

const plain = (value: unknown): string | null =>
  typeof value === 'string' && /^[a-z0-9][a-z0-9._-]{0,60}$/i.test(value) ? value : null;
