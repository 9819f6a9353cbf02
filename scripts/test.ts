// Runs the whole suite with AVA and ends with the plain line `N passed, N failed, N skipped`.
// In: arguments for AVA (files, --match). Out: AVA's report on stdout; exit 1 on any failure or when no test ran.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ava = fileURLToPath(new URL('../node_modules/ava/entrypoints/cli.js', import.meta.url));

const child = spawn(process.execPath, [ava, '--tap', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  // Programs that tests start by name (node, npx) must be the pinned ones too.
  env: { ...process.env, PATH: `${process.execPath.replace(/\/[^/]+$/, '')}:${process.env['PATH']}` },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));

const count = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
for await (const line of createInterface({ input: child.stdout })) {
  if (/^not ok\b/.test(line)) count.failed += 1;
  else if (/^ok\b.*# (SKIP|TODO)/i.test(line)) {
    count.skipped += 1;
    skipped.push(line.replace(/^ok \d+ - /, ''));
  } else if (/^ok\b/.test(line)) count.passed += 1;
  // TAP's YAML blocks and comments carry logs and differences: all of it is shown as it comes.
  process.stdout.write(`${line}\n`);
}
const status = await new Promise<number>((done) => {
  if (child.exitCode !== null) done(child.exitCode);
  else child.on('close', (code) => done(code ?? 1));
});
for (const title of skipped) console.log(`skipped: ${title}`);
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = status !== 0 || count.failed > 0 || count.passed === 0 ? 1 : 0;
