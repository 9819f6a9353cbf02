// ota/device/apply: the key that a box signs its reports with, P-256. In: a file. Out: the private key, made at first start.
// Never: a key that others may read, half a key, another key while the first is whole.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, readFile, rename, stat } from 'node:fs/promises';
import { diskError, writeWhole } from '../../disk.ts';

/**
 * The key in this file. A file that holds none is put aside as FILE.broken and another key is made: the centre then sees a
 * device with a new key, and says so.
 * @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL
 */
export async function deviceKey(file: string, log: (line: string) => void): Promise<KeyObject> {
  try {
    const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    const key = pem === null ? null : read(pem);
    if (key) {
      if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
      return key;
    }
    if (pem !== null) {
      log(`${file} holds no key: it is put aside, and another is made`);
      await rename(file, `${file}.broken`);
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeWhole(file, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), { mode: 0o600 });
    return privateKey;
  } catch (error) {
    throw diskError(error, 'UPDATE', file);
  }
}

function read(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}
