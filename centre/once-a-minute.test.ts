import test from 'ava';
import { onceAMinute } from './once-a-minute.ts';

test('a kind is told once a minute, with how many were left out; kinds do not silence each other', (t) => {
  const lines: string[] = [];
  let now = 5;
  const say = onceAMinute(
    (line) => lines.push(line),
    () => now,
  );
  for (let i = 0; i < 1000; i++) say('reject', `bad ${i}`);
  say('broker', 'gone');
  now += 59_999;
  say('reject', 'still');
  t.deepEqual(lines, ['bad 0', 'gone']);
  now += 1;
  say('reject', 'again');
  now += 60_000;
  say('reject', 'later');
  t.deepEqual(lines.slice(2), ['again (and 1000 more since the last such line)', 'later']);
});
