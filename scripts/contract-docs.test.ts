import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parse } from 'yaml';

const script = fileURLToPath(new URL('contract-docs.ts', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

test("the contract's documents are current; one that is not is named, with exit 1", (t) => {
  const current = run('--check');
  t.is(current.status, 0, current.stderr);
  const out = mkdtempSync(join(tmpdir(), 'kerbside-docs-'));
  t.teardown(() => rmSync(out, { recursive: true, force: true }));
  t.is(run('--check', '--out', out).status, 1);
  t.is(run('--out', out).status, 0);
  t.is(run('--check', '--out', out).status, 0);
  appendFileSync(join(out, 'contract.md'), 'x');
  const { status, stderr } = run('--check', '--out', out);
  t.is(status, 1);
  t.regex(stderr, /^\S+contract\.md is not current[^\n]*\n$/);
});

test('the AsyncAPI document names schemas and channels that are there', (t) => {
  const docs = fileURLToPath(new URL('../docs/', import.meta.url));
  const text = readFileSync(join(docs, 'asyncapi.yaml'), 'utf8');
  const { asyncapi, channels, components } = parse(text) as {
    asyncapi: string;
    channels: Record<string, { messages: object }>;
    components: { messages: Record<string, { payload: { $ref?: string; schema?: { $ref: string } } }> };
  };
  t.is(asyncapi, '3.0.0');
  t.deepEqual(Object.keys(channels), [
    'alarm',
    'case',
    'telemetry',
    'evidence',
    'report',
    'status',
    'ack',
    'desired',
    'command',
    'reply',
  ]);
  for (const [name, { payload }] of Object.entries(components.messages)) {
    t.true(existsSync(join(docs, payload.$ref ?? payload.schema?.$ref ?? 'none')), name);
  }
  t.deepEqual(Object.keys(channels['telemetry']?.messages ?? {}), ['telemetry-batch', 'envelope']);
});
