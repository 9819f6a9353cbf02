// bench: `npm run bench -- NAME [--json] [--check] [--seed N]`. A line per figure; with --check a missed goal is exit 1.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../contract/index.ts';
import type { BenchOptions, Row } from './row.ts';

const NOT_BENCHES = ['run.ts', 'row.ts'];
const names = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => /^[a-z0-9]+\.ts$/.test(file) && !NOT_BENCHES.includes(file))
  .map((file) => file.slice(0, -3));

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const [name] = positionals;
  const seed = Number(values.seed);
  if (name === undefined || !names.includes(name) || !Number.isSafeInteger(seed)) {
    throw new KerbError(
      'USAGE',
      'no such benchmark',
      `npm run bench -- ${name ?? ''}`.trim(),
      `give one of ${names.join(', ')}`,
    );
  }
  process.stderr.write(`bench ${name}, seed ${seed}\n`);
  const { bench } = (await import(`./${name}.ts`)) as { bench: (options: BenchOptions) => Promise<Row[]> };
  const rows = await bench({ seed, samples: process.env['SAMPLES_DIR'] ?? null });
  for (const row of rows) process.stdout.write(`${values.json ? JSON.stringify(row) : readable(row)}\n`);
  return values.check && rows.some((row) => row.ok === false) ? 1 : 0;
}

function readable({ metric, value, unit, peer, peerValue, ratio, goal, ok }: Row): string {
  const figure = (n: number) => (Math.abs(n) >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(2));
  const against = peer ? `  ${peer} ${peerValue === undefined ? '' : figure(peerValue)}` : '';
  const times = ratio === undefined ? '' : `  ${ratio.toFixed(2)}x`;
  const verdict = goal ? `  goal ${goal}${ok === undefined ? '' : ok ? ': met' : ': MISSED'}` : '';
  return `${metric.padEnd(26)} ${figure(value)} ${unit}${against}${times}${verdict}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
