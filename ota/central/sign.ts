// ota/central: signs metadata. In: metadata and the names of keys. Out: the same, signed. Never: metadata that fewer keys
// signed than its role needs.
import { createHash, sign } from 'node:crypto';
import { Key, type Metadata, type Root, Signature, type Snapshot, type Targets, type Timestamp } from '@tufjs/models';
import { KerbError } from '../../contract/errors.ts';
import { privateKey, type Roles } from './keys.ts';

/** A key as metadata carries it. Its id is the SHA-256 of its canonical JSON, as in the TUF specification. */
export function publicKey(hex: string): Key {
  const body = { keytype: 'ed25519', keyval: { public: hex }, scheme: 'ed25519' }; // in canonical order, plain ASCII
  const keyID = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  return new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: hex } });
}

export type Signable = Metadata<Root> | Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>;

export interface Duty {
  /** whose signature this is, for the error's text */
  readonly role: string;
  readonly keys: readonly string[];
  readonly threshold: number;
  /** too few of its keys are no error */
  readonly optional?: boolean;
}

/**
 * Signs with every key of the duties that is at hand.
 * @returns whether all duties are met, the optional ones too
 * @throws KerbError OTA_KEYS_TOO_FEW, OTA_KEYS_BROKEN
 */
export async function signWith(metadata: Signable, folder: string, roles: Roles, duties: Duty[]): Promise<boolean> {
  metadata.signatures = {};
  let all = true;
  for (const { role, keys, threshold, optional = false } of duties) {
    let signed = 0;
    for (const name of new Set(keys)) {
      const hex = roles.keys[name]!;
      const key = await privateKey(folder, name, hex);
      if (!key) continue;
      const keyID = publicKey(hex).keyID;
      metadata.sign((bytes) => new Signature({ keyID, sig: sign(null, bytes, key).toString('hex') }));
      signed++;
    }
    if (signed >= threshold) continue;
    all = false;
    if (optional) continue;
    const what = `${role} needs ${threshold} signatures, and ${signed} of its private keys are here`;
    const remedy = `bring more of: ${keys.map((name) => `${name}.pem`).join(', ')}`;
    throw new KerbError('OTA_KEYS_TOO_FEW', what, folder, remedy);
  }
  return all;
}
