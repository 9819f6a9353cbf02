// ota/central: the keys of all roles. In: a folder. Out: DIR/roles.json (roles, thresholds, lifetimes, public keys: data to
// read and edit) and DIR/NAME.pem for each private key, mode 0600. Never: a key that is overwritten. Private keys may be
// kept elsewhere: only those of a role that must sign have to be in the folder.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { diskError, makeFolder, syncFolder, writeWhole } from '../disk.ts';

const keyName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'is not a plain name');
const signers = {
  /** names of keys */
  keys: z.array(keyName).min(1).max(20),
  /** how many of them must sign */
  threshold: z.number().int().min(1).max(20),
  /** how long a signature is good, days */
  days: z.number().positive().max(3650),
};
const role = z.strictObject(signers);
const delegation = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/),
  ...signers,
  /** target paths it may name; * stands for one part of a path */
  paths: z.array(z.string().min(1).max(200)).min(1).max(50),
  /** whether what it does not name cannot be named by a later one */
  terminating: z.boolean(),
});
const schema = z.strictObject({
  version: z.literal(1),
  /** ed25519 public keys, hexadecimal, by name; old ones stay, as they sign the root that replaces them */
  keys: z.record(keyName, z.string().regex(/^[0-9a-f]{64}$/)),
  roles: z.strictObject({ root: role, targets: role, snapshot: role, timestamp: role }),
  /** roles that targets hands paths on to, in order; none by default */
  delegations: z.array(delegation).max(30),
});

/** What roles.json says. */
export type Roles = z.infer<typeof schema>;
export type TopRole = keyof Roles['roles'];

const LIFETIMES = { root: 365, targets: 90, snapshot: 14, timestamp: 3 } as const;

/**
 * Makes new keys for all roles: N of 2N-1 for root (2 of 3), one of one for the others.
 * @throws KerbError OTA_KEYS_EXIST where the folder holds anything, OTA_DISK
 */
export async function makeKeys(folder: string, rootThreshold = 2): Promise<Roles> {
  const path = resolve(folder);
  const there = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw diskError(error, 'OTA', path);
  });
  if (there.length > 0) {
    throw new KerbError(
      'OTA_KEYS_EXIST',
      'the folder is not empty',
      path,
      'name a new folder; keys are never overwritten',
    );
  }
  const roles: Roles = {
    version: 1,
    keys: {},
    roles: Object.fromEntries(
      Object.entries(LIFETIMES).map(([name, days]) => {
        const threshold = name === 'root' ? rootThreshold : 1;
        const keys = Array.from({ length: 2 * threshold - 1 }, (_, i) => `${name}-${i + 1}`);
        return [name, { keys, threshold, days }];
      }),
    ) as Roles['roles'],
    delegations: [],
  };
  const names = Object.values(roles.roles).flatMap(({ keys }) => keys);
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await makeFolder(temporary, 0o700);
    for (const name of names) roles.keys[name] = await makeKey(temporary, name);
    await writeWhole(join(temporary, 'roles.json'), text(roles));
    await mkdir(path, { recursive: true, mode: 0o700 });
    await rename(temporary, path); // only onto nothing or an empty folder
    await syncFolder(join(path, '..'));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw diskError(error, 'OTA', path);
  }
  return roles;
}

/** Writes a new private key. @returns its public half, hexadecimal */
export async function makeKey(folder: string, name: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeWhole(join(folder, `${name}.pem`), Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), {
    mode: 0o600,
  });
  return hexOf(publicKey);
}

/** @throws KerbError OTA_KEYS_MISSING, OTA_KEYS_BROKEN naming the key */
export async function loadRoles(folder: string): Promise<Roles> {
  const path = join(folder, 'roles.json');
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new KerbError('OTA_KEYS_MISSING', oneLine(error), path, 'make keys with `ota keys DIR`');
  });
  const broken = (what: string) =>
    new KerbError('OTA_KEYS_BROKEN', what, path, 'compare it with what `ota keys` writes');
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.subarray(0, 1 << 20).toString('utf8'));
  } catch (error) {
    throw broken(`is not JSON: ${oneLine(error).slice(0, 120)}`);
  }
  const checked = schema.safeParse(raw);
  if (!checked.success) {
    const issue = checked.error.issues[0]!;
    throw broken(`${issue.path.join('.')}: ${issue.message}`);
  }
  for (const [name, { keys, threshold }] of [
    ...Object.entries(checked.data.roles),
    ...checked.data.delegations.map((entry) => [entry.name, entry] as const),
  ]) {
    const unknown = keys.find((key) => checked.data.keys[key] === undefined);
    if (unknown !== undefined) throw broken(`${name}: no public key named ${unknown}`);
    if (new Set(keys).size < threshold) throw broken(`${name}: ${threshold} of ${new Set(keys).size} keys cannot sign`);
  }
  return checked.data;
}

/** Writes roles.json anew. */
export async function saveRoles(folder: string, roles: Roles): Promise<void> {
  await writeWhole(join(folder, 'roles.json'), text(roles));
}

/** The private key of that name, null where it is kept elsewhere. @throws KerbError OTA_KEYS_BROKEN */
export async function privateKey(folder: string, name: string, publicHex: string): Promise<KeyObject | null> {
  const path = join(folder, `${name}.pem`);
  const pem = await readFile(path).catch(() => null);
  if (!pem) return null;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519' && hexOf(createPublicKey(key)) === publicHex) return key;
  } catch {}
  throw new KerbError(
    'OTA_KEYS_BROKEN',
    'is not the private key that roles.json names',
    path,
    'put the right key there',
  );
}

function hexOf(key: KeyObject): string {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url').toString('hex');
}

const text = (roles: Roles): Buffer => Buffer.from(`${JSON.stringify(roles, null, 2)}\n`);
