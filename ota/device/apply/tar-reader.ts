// ota/device/apply: a tar stream, member by member, as deploy/tar-writer makes it: files, folders, symbolic links, pax names.
// In: chunks. Out: members, the bytes of a file in pieces. Never: more memory than a header and a chunk; another kind of
// member (device, hard link, sparse file) let through; a tar that is cut off taken for a whole one.
import { KerbError } from '../../../contract/index.ts';

export interface Member {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly size: number;
  readonly executable: boolean;
  readonly link: string;
}

/** What the reader tells; each is awaited before the next. */
export interface Taker {
  member(member: Member): Promise<void>;
  bytes(piece: Uint8Array): Promise<void>;
  /** the member is whole */
  end(): Promise<void>;
}

const BLOCK = 512;
const MAX_PAX = 16 << 10;

export const damaged = (what: string) =>
  new KerbError('UPDATE_UNPACK', what, 'release', 'publish a release that `ota release` made');

/** Reads to the end. @throws KerbError UPDATE_UNPACK, and what the taker throws */
export async function readTar(chunks: AsyncIterable<Uint8Array>, taker: Taker): Promise<void> {
  const source = new Source(chunks);
  let pax: Record<string, string> = {};
  for (;;) {
    const header = await source.block();
    if (!header) throw damaged('it is cut off');
    if (header.every((byte) => byte === 0)) break;
    checkSum(header);
    const size = octal(header, 124, 12);
    const type = String.fromCharCode(header[156]!);
    if (type === 'x') {
      if (size > MAX_PAX) throw damaged('a name is too long');
      pax = paxRecords(await source.whole(size));
      continue;
    }
    await taker.member({
      name: pax['path'] ?? plainName(header),
      type: kindOf(type),
      size: type === '0' || type === '\0' ? size : 0,
      executable: (octal(header, 100, 8) & 0o100) !== 0,
      link: pax['linkpath'] ?? text(header, 157, 100),
    });
    pax = {};
    if (kindOf(type) === 'file') await source.pass(size, (piece) => taker.bytes(piece));
    else if (size !== 0) throw damaged('a folder or link carries bytes');
    await taker.end();
  }
  // what comes after the end is nothing of ours, but a damaged stream says so only at its own end
  await source.rest();
}

function kindOf(type: string): Member['type'] {
  if (type === '0' || type === '\0') return 'file';
  if (type === '5') return 'folder';
  if (type === '2') return 'link';
  throw damaged(`it has a member of a kind that no release has (${JSON.stringify(type)})`);
}

function plainName(header: Uint8Array): string {
  const [name, prefix] = [text(header, 0, 100), text(header, 345, 155)];
  return prefix === '' ? name : `${prefix}/${name}`;
}

function text(header: Uint8Array, from: number, length: number): string {
  const field = Buffer.from(header.subarray(from, from + length));
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function octal(header: Uint8Array, from: number, length: number): number {
  const digits = text(header, from, length).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw damaged('a header is no tar header');
  return Number.parseInt(digits, 8);
}

function checkSum(header: Uint8Array): void {
  let sum = 0;
  header.forEach((byte, i) => {
    sum += i >= 148 && i < 156 ? 32 : byte;
  });
  if (sum !== octal(header, 148, 8)) throw damaged('a header is damaged');
}

/** `LENGTH KEY=VALUE\n`, the length counting itself (POSIX pax). */
function paxRecords(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    if (!Number.isInteger(length) || length < 5 || at + length > bytes.length) throw damaged('a long name is damaged');
    const [key = '', ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=');
    records[key] = value.join('=');
    at += length;
  }
  return records;
}

/** The chunks as blocks. */
class Source {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    while (this.#buffer.length === 0) {
      const next = await this.#iterator.next();
      if (next.done) return false;
      this.#buffer = next.value;
    }
    return true;
  }

  /** One block; null at the end of the stream. */
  async block(): Promise<Uint8Array | null> {
    if (!(await this.#more())) return null;
    return this.whole(BLOCK, false);
  }

  /** So many bytes, and the padding after them. */
  async whole(size: number, padded = true): Promise<Buffer> {
    const pieces: Buffer[] = [];
    await this.#take(size, async (piece) => void pieces.push(Buffer.from(piece)));
    if (padded) await this.#padding(size);
    return Buffer.concat(pieces);
  }

  async pass(size: number, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
    await this.#take(size, take);
    await this.#padding(size);
  }

  async rest(): Promise<void> {
    while (await this.#more()) this.#buffer = new Uint8Array();
  }

  #padding(size: number): Promise<void> {
    return this.#take((BLOCK - (size % BLOCK)) % BLOCK, async () => {});
  }

  async #take(size: number, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
    for (let left = size; left > 0; ) {
      if (!(await this.#more())) throw damaged('it is cut off');
      const piece = this.#buffer.subarray(0, left);
      this.#buffer = this.#buffer.subarray(piece.length);
      left -= piece.length;
      await take(piece);
    }
  }
}
