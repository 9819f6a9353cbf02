import test from 'ava';
import { KerbError } from '../../contract/errors.ts';
import { openOnoffOutput } from './onoff-pin.ts';
import { type OpenOutput, Outputs } from './outputs.ts';

/** Pins that remember every level that they were given. */
function board() {
  const levels: Record<string, (0 | 1 | 'closed')[]> = {};
  const open: OpenOutput = async ({ id }, level) => {
    if (id === 'bad') throw new KerbError('GPIO_REFUSED', 'in use', 'line bad', 'free it');
    const seen: (0 | 1 | 'closed')[] = [level];
    levels[id] = seen;
    return {
      write: (value) => {
        if (id === 'sick' && value === 1) throw new Error('EIO');
        seen.push(value);
      },
      close: () => seen.push('closed'),
    };
  };
  return { levels, open };
}

const line = (id: string, inverted = false) => ({ id, gpio: 17, inverted });

test('lines begin off, follow orders by name, and are off when they are closed', async (t) => {
  const { levels, open } = board();
  let now = 1000;
  let changes = 0;
  const outputs = await Outputs.open(
    [line('lamp'), line('horn', true)],
    open,
    () => now,
    () => changes++,
  );
  t.deepEqual(levels, { lamp: [0], horn: [1] });
  now = 2000;
  outputs.set('lamp', true);
  outputs.set('horn', true);
  now = 3000;
  outputs.set('lamp', true);
  t.is(changes, 2);
  t.deepEqual(outputs.now(), [
    { id: 'lamp', state: 1, since: 2000 },
    { id: 'horn', state: 1, since: 2000 },
  ]);
  t.throws(() => outputs.set('pump', true), { code: 'OUTPUT_UNKNOWN', message: /it has: lamp, horn/ });
  outputs.close();
  t.deepEqual(levels, { lamp: [0, 1, 1, 0, 'closed'], horn: [1, 0, 1, 'closed'] });
  t.throws(() => outputs.set('lamp', true), { code: 'OUTPUT_FAILED' });
});

test('a line that cannot be opened or switched says why, and costs the others nothing', async (t) => {
  const { open } = board();
  const fake = { id: 'made', gpio: 'fake' as const, inverted: false };
  const outputs = await Outputs.open([line('bad'), line('sick'), fake], open, () => 5);
  t.throws(() => outputs.set('bad', true), { code: 'OUTPUT_FAILED', message: /in use/ });
  t.throws(() => outputs.set('sick', true), { code: 'OUTPUT_FAILED', message: /EIO/ });
  outputs.set('made', true);
  t.deepEqual(
    outputs.now().map(({ id, state, error }) => [id, state, error]),
    [
      ['bad', 0, 'line bad: in use; free it'],
      ['sick', 0, 'EIO'],
      ['made', 1, undefined],
    ],
  );
  t.deepEqual(outputs.allOff(), ['made']);
  outputs.set('sick', false);
  t.is(outputs.now()[1]?.error, undefined, 'healed');
});

test('a machine without GPIO gives a clear error for an output too', async (t) => {
  const { Gpio } = await import('onoff');
  if (Gpio.accessible) return t.pass('this machine has GPIO');
  const error = await t.throwsAsync(openOnoffOutput({ id: 'lamp', gpio: 22 }, 0), { instanceOf: KerbError });
  t.is(error.code, 'GPIO_MISSING');
});
