import test from 'ava';
import { LargerFrames } from './larger.ts';
import { frame } from './testscene.ts';

test('evidence is the larger frame of the same moment, the box in its pixels; far off, or no larger, it is the frame itself', (t) => {
  const larger = new LargerFrames();
  const moment = { frame: frame(1, 10_000), box: [40, 30, 20, 10] as const };
  t.is(larger.at(moment), moment);
  for (const time of [7000, 8000, 9000, 10_100, 11_000]) larger.add(frame(9, time, 1600, 900));
  const { frame: taken, box } = larger.at(moment);
  t.is(taken.time, 10_100);
  t.deepEqual(box, [160, 90, 80, 30]);
  const late = { ...moment, frame: frame(2, 20_000) };
  t.is(larger.at(late), late);
  const gone = { ...moment, frame: frame(3, 7000) };
  t.is(larger.at(gone), gone, 'no more than the last few are kept');
  const small = new LargerFrames();
  small.add(frame(9, 10_000, 200, 150));
  t.is(small.at(moment), moment);
});
