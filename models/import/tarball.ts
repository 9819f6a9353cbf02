// models/import: takes named files out of an npm tarball. In: bytes of a .tgz and the names wanted. Out: their bytes.
// Never: more than the bound in memory, a file written, a name followed.
import { gunzipSync } from 'node:zlib';
import { KerbError } from '../../contract/errors.ts';

const maxUnpacked = 64 << 20;
const block = 512;

/**
 * @param where the tarball's path, for errors
 * @param wanted full names within the tarball
 * @throws KerbError TARBALL_UNREADABLE
 */
export function untar(tgz: Uint8Array, where: string, wanted: readonly string[]): Map<string, Uint8Array> {
  const unreadable = (what: string) =>
    new KerbError('TARBALL_UNREADABLE', what, where, 'delete the file and run `npm run setup` again');
  let tar: Uint8Array;
  try {
    tar = gunzipSync(tgz, { maxOutputLength: maxUnpacked });
  } catch {
    throw unreadable('is not a gzip file of a sensible size');
  }
  const found = new Map<string, Uint8Array>();
  for (let at = 0; at + block <= tar.length; ) {
    const header = tar.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) break;
    const prefix = field(header, 345, 155);
    const name = (prefix ? `${prefix}/` : '') + field(header, 0, 100);
    const octal = field(header, 124, 12).trim();
    if (!/^[0-7]{1,11}$/.test(octal)) throw unreadable('holds an entry without a size');
    const size = Number.parseInt(octal, 8);
    const start = at + block;
    if (start + size > tar.length) throw unreadable('ends within an entry');
    const type = header[156];
    if ((type === 0 || type === 0x30) && wanted.includes(name)) found.set(name, tar.subarray(start, start + size));
    at = start + Math.ceil(size / block) * block;
  }
  for (const name of wanted) if (!found.has(name)) throw unreadable(`lacks ${name}`);
  return found;
}

function field(header: Uint8Array, start: number, length: number): string {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
}
