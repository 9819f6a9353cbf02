// models: what a runtime in a process of its own and its owner say to each other: frames of a JSON header and bytes.
// In: pieces of a stream. Out: whole frames. Never: a header or bytes beyond the bounds.
import type { Edge } from './runtime.ts';

/** To the adapter, on its standard input. */
export type Request =
  /** bytes: a model file */
  | { readonly op: 'load'; readonly session: number }
  /** bytes: the inputs, one after the other */
  | { readonly op: 'run'; readonly session: number }
  | { readonly op: 'close'; readonly session: number };

/** From the adapter, on file descriptor 3: one for each load and run, in their order. What it prints elsewhere is noise. */
export type Answer =
  | { readonly ok: true; readonly inputs?: readonly Edge[]; readonly outputs?: readonly Edge[] }
  | { readonly ok: false; readonly what: string };

export interface Frame<T> {
  readonly header: T;
  readonly bytes: Uint8Array;
}

export const answersFd = 3;
const maxHeader = 256 << 10;
const maxBytes = 600 << 20;
const prefix = 8;

export function frame(header: Request | Answer, parts: readonly Uint8Array[] = []): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(prefix);
  start.writeUInt32LE(text.length, 0);
  start.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 0),
    4,
  );
  return [start, text, ...parts];
}

/** Puts frames together again. */
export class FrameReader<T> {
  readonly #told: (frame: Frame<T>) => void;
  #pieces: Buffer[] = [];
  #held = 0;
  #wanted = prefix;

  constructor(told: (frame: Frame<T>) => void) {
    this.#told = told;
  }

  /** @throws Error for a stream that is none */
  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    while (this.#held >= this.#wanted) {
      const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
      const [header, bytes] = [all.readUInt32LE(0), all.readUInt32LE(4)];
      if (header > maxHeader || bytes > maxBytes) throw new Error('frames out of bounds');
      const end = prefix + header + bytes;
      this.#pieces = [all];
      if (all.length < end) {
        this.#wanted = end;
        return;
      }
      this.#pieces = all.length > end ? [all.subarray(end)] : [];
      this.#held = all.length - end;
      this.#wanted = prefix;
      const text = all.subarray(prefix, prefix + header).toString();
      // a copy, so that arrays over it may begin at any byte of the stream
      this.#told({ header: JSON.parse(text) as T, bytes: new Uint8Array(all.subarray(prefix + header, end)) });
    }
  }
}
