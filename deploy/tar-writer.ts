// deploy: a tar whose bytes follow from its entries alone. In: entries in the order given. Out: the tar in chunks.
// Never: a clock, a user name, an order or a mode of this machine in the bytes; more of a file in memory than one piece.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { KerbError } from '../contract/errors.ts';

/** One member: exactly one of `data`, `source` and `link`, or none for a folder (whose name ends in a slash). */
export interface TarEntry {
  /** relative, with forward slashes; UTF-8 */
  readonly name: string;
  /** bytes at hand */
  readonly data?: Uint8Array;
  /** the path of a file whose bytes these are */
  readonly source?: string;
  /** where a symbolic link points */
  readonly link?: string;
  readonly executable?: boolean;
}

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);

/**
 * The members as one POSIX tar (ustar; a pax header where a name or target is too long for it).
 * @param time of every member, seconds since 1970
 * @throws KerbError RELEASE_CHANGED when a file's length changes while it is read
 */
export async function* tar(entries: Iterable<TarEntry>, time: number): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const size = entry.data?.length ?? (entry.source === undefined ? 0 : (await stat(entry.source)).size);
    yield header(entry, size, time);
    let seen = 0;
    if (entry.data) {
      yield entry.data;
      seen = size;
    } else if (entry.source !== undefined) {
      for await (const piece of createReadStream(entry.source, { highWaterMark: 1 << 20 })) {
        seen += (piece as Buffer).length;
        yield piece as Buffer;
      }
    }
    if (seen !== size) {
      const what = `gave ${seen} bytes instead of ${size}`;
      throw new KerbError('RELEASE_CHANGED', what, entry.source ?? entry.name, 'let nothing change it meanwhile');
    }
    if (size % BLOCK !== 0) yield Buffer.alloc(BLOCK - (size % BLOCK));
  }
  yield END;
}

function header(entry: TarEntry, size: number, time: number): Buffer {
  const { name, link = '' } = entry;
  const long: [key: string, value: string][] = [];
  if (Buffer.byteLength(name) > 100) long.push(['path', name]);
  if (Buffer.byteLength(link) > 100) long.push(['linkpath', link]);
  const folder = name.endsWith('/');
  const type = folder ? '5' : entry.link === undefined ? '0' : '2';
  const mode = folder || entry.executable ? 0o755 : 0o644;
  const own = ustar({ name: cut(name), link: cut(link), size, time, type, mode });
  if (long.length === 0) return own;
  const records = Buffer.concat(long.map(([key, value]) => paxRecord(key, value)));
  const pax = ustar({
    name: cut(`pax/${name}`),
    link: Buffer.alloc(0),
    size: records.length,
    time,
    type: 'x',
    mode: 0o644,
  });
  const padding = Buffer.alloc((BLOCK - (records.length % BLOCK)) % BLOCK);
  return Buffer.concat([pax, records, padding, own]);
}

/** What of a long name fits into the old field, for readers that know no pax. */
function cut(name: string): Buffer {
  return Buffer.from(name).subarray(0, 100);
}

/** `LENGTH KEY=VALUE\n`, the length counting itself (POSIX pax). */
function paxRecord(key: string, value: string): Buffer {
  const body = Buffer.from(` ${key}=${value}\n`);
  let length = body.length;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

interface Ustar {
  name: Buffer;
  link: Buffer;
  size: number;
  time: number;
  type: string;
  mode: number;
}

function ustar({ name, link, size, time, type, mode }: Ustar): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  name.copy(block, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8); // user and group 0
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(time, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  link.copy(block, 157);
  block.write('ustar\x0000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
