// flows/runtime: one NDJSON line on stderr per thing worth saying; the same thing at most once a minute.

const MAX_LINE = 500;
const last = new Map<string, number>();

/** @param code what kind of thing; lines of one code come once a minute */
export function log(level: 'info' | 'warn' | 'error', code: string, what: string): void {
  const now = performance.now();
  const before = last.get(code);
  if (before !== undefined && now - before < 60_000) return;
  if (last.size > 200) last.clear();
  last.set(code, now);
  process.stderr.write(`${JSON.stringify({ level, code, what: what.replace(/\s+/g, ' ').slice(0, MAX_LINE) })}\n`);
}
