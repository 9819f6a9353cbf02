import test from 'ava';
import type { LookerState } from '../../console/api.ts';
import { looksLine } from './health.ts';

const AT = Date.UTC(2026, 7, 1);
const runs = [
  { runtime: 'wasm', weights: 'float', ms: 86.4 },
  { runtime: 'wasm', weights: 'int8', ms: 31.24 },
  { runtime: 'native', weights: 'float', ms: null, why: 'is not installed' },
];
const running = { model: 'coco-ssd', runtime: 'wasm', weights: 'int8' };
const tried = { at: AT, runtime: 'wasm', weights: 'int8', runs };
const state = (trial: LookerState['trial'], more: Partial<LookerState> = {}): LookerState => ({
  ...running,
  tried: null,
  trial,
  ...more,
});

const TABLE: [string, LookerState, 'ok' | 'warn', RegExp, string][] = [
  ['it has tried', state({ state: 'done' }, { tried }), 'ok', /as tried on this box/, 'wasm int8, 31.2 ms'],
  [
    'there was no room for two models',
    state({ state: 'done' }, { tried, weights: 'float' }),
    'ok',
    /from the next start on/,
    'wasm float, 86.4 ms',
  ],
  ['it waits', state({ state: 'waiting', wait: 'update' }), 'ok', /once the update is done/, 'wasm int8'],
  ['it tries', state({ state: 'running' }), 'ok', /being tried/, 'wasm int8'],
  ['it never will', state({ state: 'never' }), 'ok', /camera\.trial: never/, 'wasm int8'],
  [
    'the trial failed',
    state({ state: 'failed', at: AT, reason: 'the agent or the box went down during it' }),
    'warn',
    /the trial chose nothing/,
    '2026-08-01: the agent or the box went down during it',
  ],
  ['a made looker does not say', state({ state: 'never' }, { runtime: null, weights: null }), 'ok', /never/, ''],
];
for (const [what, looker, level, text, value] of TABLE) {
  test(`health: ${what}`, (t) => {
    const line = looksLine(looker);
    t.is(line.level, level);
    t.regex(line.text.en, text);
    t.regex(line.text.zh, /[\u4e00-\u9fff]/);
    t.is(line.value, value);
    t.is(line.remedy !== undefined, level === 'warn');
  });
}
