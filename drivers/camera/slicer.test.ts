import test from 'ava';
import { Slicer } from './slicer.ts';

test('pictures are whole whatever the chunks, and each is its own; one that is given back is used again', (t) => {
  const slicer = new Slicer(2, 2);
  const bytes = Uint8Array.from({ length: 36 }, (_, i) => i);
  const got = [
    ...slicer.push(bytes.subarray(0, 7)),
    ...slicer.push(bytes.subarray(7, 30)),
    ...slicer.push(bytes.subarray(30)),
  ];
  t.deepEqual(
    got.map((one) => [...one]),
    [0, 12, 24].map((from) => [...bytes.subarray(from, from + 12)]),
  );
  slicer.giveBack(got[2]!);
  const [next] = [...slicer.push(new Uint8Array(12).fill(9))];
  t.is(next, got[2]);
  t.deepEqual([...got[0]!], [...bytes.subarray(0, 12)], 'one that was kept is not touched');
  t.not([...slicer.push(new Uint8Array(12))][0], next);
});
