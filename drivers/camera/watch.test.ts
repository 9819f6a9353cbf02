import test from 'ava';
import { StreamWatch, type Verdict } from './watch.ts';

function watched(rate: number | null) {
  let now = 0;
  const verdicts: Verdict['code'][] = [];
  const watch = new StreamWatch(
    { open_ms: 60_000, patience_ms: 60_000, rate, mono: () => now },
    ({ code }) => void verdicts.push(code),
  );
  const send = (seconds: number, perSecond: number, stamp: (n: number) => number) => {
    for (let n = 0; n < seconds * perSecond; n++) {
      now += 1000 / perSecond;
      watch.frame();
      watch.stamp(stamp(n));
    }
  };
  return { watch, verdicts, send };
}

test('pictures whose time stands still are noticed, a slow camera and one whose time begins anew are not', (t) => {
  const slow = watched(10);
  slow.send(300, 0.5, (n) => n * 2);
  slow.send(30, 10, (n) => n / 10); // from the beginning again
  t.deepEqual(slow.verdicts, []);
  slow.watch.stop();
  const stuck = watched(10);
  stuck.send(10, 10, (n) => n / 10);
  stuck.send(59, 10, () => 9.9);
  t.deepEqual(stuck.verdicts, []);
  stuck.send(3, 10, () => 9.9);
  t.deepEqual(stuck.verdicts, ['CAMERA_STUCK']);
});

test('a rate far above what the camera says is noticed, a burst after a pause is not', (t) => {
  const burst = watched(10);
  burst.send(4, 10, (n) => n);
  burst.send(0.1, 800, (n) => 40 + n);
  burst.send(60, 10, (n) => 200 + n);
  t.deepEqual(burst.verdicts, []);
  burst.send(11, 60, (n) => 1000 + n);
  t.deepEqual(burst.verdicts, ['CAMERA_FAST']);
  const silentAboutIt = watched(null);
  silentAboutIt.send(20, 60, (n) => n);
  t.deepEqual(silentAboutIt.verdicts, []);
  silentAboutIt.send(20, 200, (n) => 2000 + n);
  t.deepEqual(silentAboutIt.verdicts, ['CAMERA_FAST']);
  silentAboutIt.watch.stop();
});
