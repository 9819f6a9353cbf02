// agent/main: the agent's log: pino, NDJSON on stderr, few lines. A fault that repeats is told once a minute, with its count.
import pino from 'pino';

export interface Log {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export function openLog(name: string): Log {
  return pino({ name, base: { name } }, pino.destination({ dest: 2, sync: true }));
}

const EVERY_MS = 60_000;

/** Counts faults by code, and logs each kind at most once a minute. */
export class FaultLog {
  readonly #log: Log;
  readonly #mono: () => number;
  readonly #kinds = new Map<string, { count: number; told: number }>();

  constructor(log: Log, mono: () => number) {
    this.#log = log;
    this.#mono = mono;
  }

  /** Takes anything thrown, or a fault that stopped nothing. */
  add(error: unknown, part: string): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'FAULT';
    const key = `${part} ${code}`;
    const kind = this.#kinds.get(key) ?? { count: 0, told: Number.NEGATIVE_INFINITY };
    kind.count += 1;
    this.#kinds.set(key, kind);
    if (this.#mono() - kind.told < EVERY_MS) return;
    kind.told = this.#mono();
    const text = error instanceof Error ? error.message : String(error);
    this.#log.warn({ part, code, count: kind.count }, text.split('\n')[0]!);
  }

  /** [part and code, how often] of everything so far. */
  counts(): [string, number][] {
    return [...this.#kinds].map(([key, { count }]) => [key, count]);
  }
}
