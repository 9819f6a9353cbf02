// agent/main: `kerbside doctor`: each check on a line, with what to do; exit 1 when the box cannot do its job.
import { parseArgs } from 'node:util';
import { systemClock } from '../../health/clock.ts';
import { examine } from '../../health/doctor.ts';
import { env } from '../env.ts';
import { modelFiles, useInWords } from '../model.ts';

export const help = `
usage: kerbside doctor [--json]

Is this box fit for work: one line per check, and what to do. With --json one JSON object a line.
Exit 0: fit; 1: something essential is missing.`;

export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { json: { type: 'boolean', default: false } } });
  const { home, cache } = env();
  const path = process.env['PATH'] ?? '';
  const checks = await examine({
    home,
    cache,
    path,
    clock: systemClock(),
    tests: true,
    modelFiles: () => modelFiles(cache),
    modelUse: () => useInWords(cache),
  });
  for (const check of checks) {
    if (values.json) process.stdout.write(`${JSON.stringify(check)}\n`);
    else {
      const mark = { ok: 'ok  ', warn: 'warn', bad: 'BAD ' }[check.level];
      const remedy = check.remedy ? `  -> ${check.remedy.en}` : '';
      process.stderr.write(`${mark}  ${check.text.en}: ${check.value}${remedy}\n`);
    }
  }
  return checks.some((check) => check.level === 'bad') ? 1 : 0;
}
