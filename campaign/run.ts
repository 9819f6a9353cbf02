// campaign: `npm run campaign -- NAME [--kills N] [--seconds N] [--seed S] [--json]`. A table on stderr, a line of NDJSON
// per figure on stdout; exit 1 if anything that has to be 0 is not. As root it goes on in a mount namespace of its own,
// where it may have a disk that fills up and loses its power; that ends with it, whatever happens.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../contract/index.ts';
import type { Figure } from './compare.ts';
import { campaign } from './outbox.ts';

const ENDLESS = '999999999';
const INSIDE = 'KERBSIDE_CAMPAIGN_MOUNTS';

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      kills: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string', default: `${Math.floor(Math.random() * 1e9)}` },
      json: { type: 'boolean', default: false },
    },
  });
  const [name, ...more] = positionals;
  if (name !== 'outbox' || more.length > 0) throw usage('no such campaign', name ?? '', 'give outbox');
  // Whatever comes first; of what is not given there is no end, of neither a hundred kills.
  const kills = count(values.kills ?? (values.seconds === undefined ? '100' : ENDLESS), '--kills');
  const seconds = count(values.seconds ?? ENDLESS, '--seconds');
  const seed = count(values.seed, '--seed');
  const mounts = process.env[INSIDE];
  if (mounts === undefined) {
    // What chance has drawn must be the same inside.
    const again = ['outbox', '--kills', `${kills}`, '--seconds', `${seconds}`, '--seed', `${seed}`];
    return inNamespace(values.json ? [...again, '--json'] : again);
  }
  const say = (line: string) => void (values.json || process.stderr.write(`${line}\n`));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  process.stderr.write(`campaign outbox, seed ${seed}\n`);
  const figures = await campaign({ kills, seconds, seed, mounts: mounts === '1', say, signal: stop.signal });
  for (const { examples: _, ...row } of figures) process.stdout.write(`${JSON.stringify(row)}\n`);
  process.stdout.write(`${JSON.stringify({ metric: 'seed', value: seed, unit: '' })}\n`);
  process.stderr.write(table(figures));
  return figures.some(({ ok }) => ok === false) ? 1 : 0;
}

/** Itself again, where it may mount; without that right just so. */
async function inNamespace(args: string[]): Promise<number> {
  const self = [process.execPath, fileURLToPath(import.meta.url), ...args];
  const probe = spawn('unshare', ['--mount', '--propagation', 'private', 'true'], { stdio: 'ignore' });
  const mounts = await once(probe, 'close').then(
    ([status]) => status === 0,
    () => false,
  );
  const [command, ...rest] = mounts ? ['unshare', '--mount', '--propagation', 'private', ...self] : self;
  const child = spawn(command!, rest, { stdio: 'inherit', env: { ...process.env, [INSIDE]: mounts ? '1' : '0' } });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [status] = await once(child, 'close');
  return status ?? 1;
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text)) return value;
  throw usage('not a whole number', `${option} ${text.slice(0, 20)}`, 'give e.g. 100');
}

function usage(what: string, where: string, remedy: string): KerbError {
  return new KerbError('USAGE', what, `npm run campaign -- ${where}`.trim(), remedy);
}

function table(figures: readonly Figure[]): string {
  const lines = figures.map(({ metric, value, unit, ok, examples = [] }) => {
    const verdict = ok === undefined ? '' : ok ? '  ok' : '  NOT 0';
    const head = `${metric.padEnd(32)} ${value.toLocaleString('en').padStart(10)} ${unit}${verdict}`;
    return [head, ...examples.map((example) => `    ${example.replaceAll('\n', ' | ')}`)].join('\n');
  });
  return `${lines.join('\n')}\n`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const wrongUsage = code === 'USAGE' || code.startsWith('ERR_PARSE_ARGS');
  const words = wrongUsage || !(error instanceof Error) ? oneLine(error) : error.message;
  process.stderr.write(`campaign: ${words}\n`);
  process.exitCode = wrongUsage ? 2 : 1;
}
