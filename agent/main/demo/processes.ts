// agent/main/demo: which processes belong to one home, so that the next start can end what a hard death left behind.
// In: pids as they come and go. Out: a small file; nothing is ever signalled whose start time differs (a reused pid).
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

interface Entry {
  pid: number;
  /** field 22 of /proc/pid/stat: start in clock ticks since boot; with the pid it names a process for good */
  start: string;
}

/** Start time of a live process, or null where there is none (a zombie is none). */
export function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name may hold spaces and brackets: count from the last bracket on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** The processes of one home, on disk from the moment each is known. */
export class ProcessFile {
  readonly #file: string;
  readonly #entries = new Map<number, Entry>();

  constructor(file: string) {
    this.#file = file;
  }

  add(pid: number): void {
    const start = startTime(pid);
    if (start === null) return;
    this.#entries.set(pid, { pid, start });
    this.#write();
  }

  remove(pid: number): void {
    if (this.#entries.delete(pid)) this.#write();
  }

  #write(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const part = `${this.#file}.part`;
    writeFileSync(part, JSON.stringify([...this.#entries.values()]));
    renameSync(part, this.#file);
  }
}

/** A killed process still holds its ports and locks until the kernel has taken it down. */
const GONE_WITHIN_MS = 3000;

/**
 * Ends (SIGKILL) what an earlier life of this file's owner left, and waits until it is gone; gives how many. A missing or
 * broken file is none.
 */
export async function endLeftovers(file: string): Promise<number> {
  let entries: unknown;
  try {
    entries = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
  if (!Array.isArray(entries)) return 0;
  const killed = entries.filter(isEntry).filter(({ pid, start }) => {
    if (pid === process.pid || startTime(pid) !== start) return false;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false; // it ended by itself in between
    }
  });
  const end = performance.now() + GONE_WITHIN_MS;
  while (killed.some(({ pid, start }) => startTime(pid) === start) && performance.now() < end) await setTimeout(10);
  return killed.length;
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Entry | null;
  return typeof entry?.pid === 'number' && entry.pid > 1 && typeof entry.start === 'string';
}
