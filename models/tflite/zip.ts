// models/tflite: the files that a model carries behind its tables: a ZIP archive at the end of it (TFLite Metadata, and
// exporters of their own). In: bytes, untrusted. Out: small files by name. Never: more than the bounds below, a path followed.
import { inflateRawSync } from 'node:zlib';

const endMark = 0x06054b50;
const entryMark = 0x02014b50;
const endSize = 22;
const entrySize = 46;
const localSize = 30;
const maxComment = 65_535;
const most = { files: 64, bytes: 1 << 20 };

/** @returns nothing where there is no archive, or a damaged one: a model is whole without it */
export function attachedFiles(bytes: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = findEnd(view);
    if (end < 0) return found;
    const count = Math.min(view.getUint16(end + 10, true), most.files);
    const size = view.getUint32(end + 12, true);
    const listed = view.getUint32(end + 16, true);
    // Offsets count from the archive's start; an archive that was appended counts from the file's, or from its own.
    const shift = end - size - listed;
    for (let i = 0, at = listed + shift; i < count; i++) {
      if (view.getUint32(at, true) !== entryMark) break;
      const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number];
      const name = new TextDecoder().decode(bytes.subarray(at + entrySize, at + entrySize + lengths[0]));
      const content = read(bytes, view, at, view.getUint32(at + 42, true) + shift);
      if (content) found.set(name, content);
      at += entrySize + lengths[0] + lengths[1] + lengths[2];
    }
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof Error && 'code' in error)) throw error;
  }
  return found;
}

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - endSize - maxComment);
  for (let at = view.byteLength - endSize; at >= first; at--) if (view.getUint32(at, true) === endMark) return at;
  return -1;
}

function read(bytes: Uint8Array, view: DataView, entry: number, local: number): Uint8Array | null {
  const method = view.getUint16(entry + 10, true);
  const packed = view.getUint32(entry + 20, true);
  const size = view.getUint32(entry + 24, true);
  if (size > most.bytes || packed > most.bytes) return null;
  const start = local + localSize + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const content = bytes.subarray(start, start + packed);
  if (method === 0) return content;
  return method === 8 ? inflateRawSync(content, { maxOutputLength: most.bytes }) : null;
}
