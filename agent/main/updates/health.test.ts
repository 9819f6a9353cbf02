import test from 'ava';
import type { ReportItem } from '../../../contract/index.ts';
import type { UpdatesState } from '../../console/api.ts';
import { updateLines } from './health.ts';

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;

function state(more: Partial<NonNullable<UpdatesState['repository']>> | null): UpdatesState {
  const versions = { root: 1, timestamp: 7, snapshot: 1, targets: 1 };
  const repository = { url: 'http://x', last_check: NOW, last_success: NOW, versions, items: [], fault: null };
  const about = { version: '0.1.0', commit: null, slot: null, model: null, profile: null };
  return { ...about, repository: more && { ...repository, ...more } };
}

const fault = (code: string, since = NOW) => ({ code, what: 'what', since });
const item = (result: ReportItem['result']): ReportItem => ({
  kind: 'model',
  name: 'm',
  wanted: { version: '2', counter: 5 },
  running: { version: '1', counter: 4 },
  result,
  reason: 'it sees nothing',
  at: NOW,
});

const TABLE: [string, UpdatesState, Record<string, 'ok' | 'warn'>][] = [
  ['no repository', state(null), {}],
  ['all is well', state({ items: [item('success')] }), { updates: 'ok' }],
  ['no root yet', state({ fault: fault('UPDATE_NO_ROOT'), versions: null }), { updates: 'warn' }],
  ['wrong keys are told at once', state({ fault: fault('UPDATE_SIGNATURE') }), { updates: 'warn' }],
  ['a lost network is not', state({ fault: fault('UPDATE_UNREACHABLE') }), { updates: 'ok' }],
  [
    'unless it lasts',
    state({ fault: fault('UPDATE_UNREACHABLE', NOW - HOUR), last_success: NOW - 2 * HOUR }),
    { updates: 'warn' },
  ],
  ['on its way', state({ items: [item('pending')] }), { updates: 'ok', 'update-model': 'ok' }],
  ['on trial', state({ items: [item('trial')] }), { updates: 'ok', 'update-model': 'ok' }],
  ['not yet', state({ items: [item('failed')] }), { updates: 'ok', 'update-model': 'warn' }],
  ['refused', state({ items: [item('refused')] }), { updates: 'ok', 'update-model': 'warn' }],
  ['came back', state({ items: [item('returned')] }), { updates: 'ok', 'update-model': 'warn' }],
];
for (const [what, updates, levels] of TABLE) {
  test(`health: ${what}`, (t) => {
    const lines = updateLines(updates, NOW);
    t.deepEqual(Object.fromEntries(lines.map(({ id, level }) => [id, level])), levels);
    for (const { level, remedy, text } of lines) {
      t.truthy(level === 'ok' || remedy, 'a warning says what to do');
      t.true(text.zh !== '' && text.en !== '');
    }
  });
}

test('the reason is told with what was wanted', (t) => {
  t.is(updateLines(state({ items: [item('refused')] }), NOW)[1]?.value, 'm 2 (5): it sees nothing');
});
