// drivers/can: which of several senders of one signal counts.
import test from 'ava';
import { SourceRanker } from './source-ranker.ts';

test('the stated order decides among fresh values, then the address', (t) => {
  const ranker = new SourceRanker({ order: [33, 0], freshMs: 500 });
  t.is(ranker.best(0), null);
  ranker.offer(49, 1000, 3);
  ranker.offer(23, 1000, 2);
  t.is(ranker.best(1000)!.source, 23);
  ranker.offer(0, 1000, 1);
  t.is(ranker.best(1000)!.source, 0);
  ranker.offer(33, 1100, 4);
  t.deepEqual(ranker.best(1100), { source: 33, time: 1100, value: 4 });
  t.deepEqual(
    ranker.fresh(1100).map(({ source }) => source),
    [33, 0, 23, 49],
  );
});

test('a value grows old, and a sender that says "not available" takes its word back', (t) => {
  const ranker = new SourceRanker({ order: [0], freshMs: 500 });
  ranker.offer(0, 1000, 1);
  ranker.offer(33, 1300, 2);
  t.is(ranker.best(1500)!.source, 0);
  t.is(ranker.best(1501)!.source, 33);
  t.is(ranker.best(1801), null);
  ranker.offer(0, 1500, 1);
  ranker.offer(0, 1510, null);
  t.is(ranker.best(1510)!.source, 33);
  ranker.offer(33, 1520, Number.NaN);
  t.is(ranker.best(1520), null);
});

test('the number of senders is bounded, the stalest goes first', (t) => {
  const ranker = new SourceRanker({ order: [], freshMs: 1e6 });
  for (let source = 0; source < 200; source++) ranker.offer(source, source, source);
  t.is(ranker.fresh(200).length, 32);
  t.is(ranker.best(200)!.source, 168);
});
