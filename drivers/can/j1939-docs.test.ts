// drivers/can: docs/j1939.md says what the table says.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { j1939Markdown } from './j1939-docs.ts';

test('docs/j1939.md is current', (t) => {
  t.is(readFileSync(new URL('../../docs/j1939.md', import.meta.url), 'utf8'), j1939Markdown());
});
