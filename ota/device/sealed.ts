// ota/device: a file that knows whether it is whole. In: a JSON value. Out: one line with the SHA-256 of the rest, then the
// rest. Never: a torn or rotten file that passes for a whole one.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { writeWhole } from '../disk.ts';

const MARK = 'kerbside-sealed-1';
/** A generation holds at most a snapshot of 2 MB and targets of 5 MB each. */
const MAX_BYTES = 64 << 20;

const hash = (data: string) => createHash('sha256').update(data).digest('hex');

/** Durable when it returns. */
export async function writeSealed(path: string, value: unknown): Promise<void> {
  const body = JSON.stringify(value);
  await writeWhole(path, Buffer.from(`${MARK} ${hash(body)}\n${body}`));
}

/** The value, or null where there is no whole file of that name. */
export async function readSealed(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > MAX_BYTES) return null;
    const text = await readFile(path, 'utf8');
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    return text.slice(0, end) === `${MARK} ${hash(body)}` ? JSON.parse(body) : null;
  } catch {
    return null;
  }
}
