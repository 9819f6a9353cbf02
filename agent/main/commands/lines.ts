// agent/main: a stream of bytes as lines, with a bound. In: a readable stream. Out: lines without their line break, with
// numbers from 1. Never: more than one chunk and one line of the wanted length in memory.
import type { Readable } from 'node:stream';

export interface InputLine {
  number: number;
  /** null: it was longer than allowed, and was passed over */
  bytes: Buffer | null;
}

/** The lines of a stream; "\n" ends one, and so does the end of the stream. */
export async function* linesOf(stream: Readable, most: number): AsyncGenerator<InputLine> {
  let rest: Buffer[] = [];
  let length = 0;
  let number = 0;
  const take = (part: Buffer) => {
    length += part.length;
    if (length > most) rest = [];
    else if (part.length > 0) rest.push(part);
  };
  const finish = (): InputLine => {
    const bytes = length > most ? null : Buffer.concat(rest);
    rest = [];
    length = 0;
    return { number: ++number, bytes };
  };
  for await (const chunk of stream) {
    const data = chunk as Buffer;
    let from = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
      take(data.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    take(data.subarray(from));
  }
  if (length > 0) yield finish();
}
