// deploy: is the agent of a new release healthy? In: the box's configuration (where its page is). Out: exit 0 once it is;
// waits for ever otherwise (the launcher has the deadline). Never: a dead camera or a lost network counts as the release's.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';

/** What hangs on the world outside, by its line of health; the same under any release. */
const OUTSIDE = /^(camera-|line-|output-|flow-|package-|addon-)|^(gnss|bus|link|outbox|clock|storage|memory|gpio)$/;
/** So many good answers in a row, one a second: what crashes after its start is not healthy. */
const ANSWERS = 5;
const EVERY_MS = 1000;
const WITHIN_MS = 5000;

/** Whether an answer of /healthz speaks for the release. */
export function sound(status: number, body: unknown): boolean {
  const { ok, wrong } = (body ?? {}) as { ok?: unknown; wrong?: unknown };
  if (status === 200) return ok === true;
  return status === 503 && Array.isArray(wrong) && wrong.every((line) => OUTSIDE.test(String(line?.id)));
}

/** Where the page of this configuration is asked from the box itself. */
export function healthUrl(text: string, port: string | undefined): string {
  const page = (parse(text) as { page?: { host?: unknown; port?: unknown } } | null)?.page ?? {};
  const host = String(page.host ?? '127.0.0.1');
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${near.includes(':') ? `[${near}]` : near}:${page.port ?? port ?? 8088}/healthz`;
}

async function ask(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
    return sound(answer.status, await answer.json());
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { config: { type: 'string', default: '/etc/kerbside/box.yaml' } } });
  const url = healthUrl(readFileSync(values.config, 'utf8'), process.env['KERBSIDE_PORT']);
  for (let good = 0; good < ANSWERS; await setTimeout(EVERY_MS)) good = (await ask(url)) ? good + 1 : 0;
}
