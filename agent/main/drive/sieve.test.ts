// agent/main/drive: the sieve drops only what means nothing, wherever chunks are cut.
import test from 'ava';
import fc from 'fast-check';
import { CandumpParser } from '../../../drivers/can/candump-parser.ts';
import { type CanFrame, pgnOf } from '../../../drivers/can/index.ts';
import { CandumpSieve } from './sieve.ts';

const WANTED = new Set([61444, 65265]);
const wanted = (pgn: number) => WANTED.has(pgn);

/** Frames of meaning as the parser alone and as the parser behind the sieve find them, chunks cut at these places. */
function both(text: string, cuts: readonly number[]): { alone: string[]; sieved: string[]; skipped: number } {
  const bytes = Buffer.from(text, 'latin1');
  const tell = (into: string[]) => (frame: CanFrame) => {
    if (frame.extended && wanted(pgnOf(frame.id))) {
      into.push(`${frame.time} ${frame.id} ${Buffer.from(frame.data).toString('hex')}`);
    }
  };
  const [alone, sieved]: [string[], string[]] = [[], []];
  const parser = new CandumpParser(tell(alone));
  parser.push(bytes);
  parser.end();
  const behind = new CandumpParser(tell(sieved));
  const sieve = new CandumpSieve(wanted, (part) => behind.push(part));
  let from = 0;
  for (const cut of [...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    sieve.push(bytes.subarray(from, cut));
    from = cut;
  }
  behind.end();
  return { alone, sieved, skipped: sieve.skipped };
}

const time = fc.integer({ min: 0, max: 2e9 }).map((s) => `(${s}.250000)`);
const id = fc.oneof(
  fc.constantFrom(
    '0CF00400',
    '18FEF100',
    '18FEF121',
    '18fef100',
    '18FF0021',
    '0CF00203',
    '123',
    '2CF00400',
    '98FEF100',
  ),
  fc.integer({ min: 0, max: 0x1fffffff }).map((n) => n.toString(16).toUpperCase().padStart(8, '0')),
);
const line = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(time, fc.constantFrom('can0', 'vcan12'), id)
      .map(([t, c, i]) => `${t} ${c} ${i}#0011223344556677`),
  },
  { weight: 2, arbitrary: fc.tuple(time, id).map(([t, i]) => `${t} can0 ${i}##10011`) },
  { weight: 1, arbitrary: id.map((i) => ` can0  ${i}   [2]  00 11`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '(1.0) can0 18FEF100#R',
      '(1.0) can0 #',
      '(',
      '(1.0) # 18FEF100#00',
      'x'.repeat(2000),
    ),
  },
);

test('every frame of meaning passes, whatever stands between and wherever the stream is cut', (t) => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(4000), { maxLength: 5 }), (lines, cuts) => {
      const { alone, sieved } = both(lines.join('\n'), cuts);
      t.deepEqual(sieved, alone);
    }),
    { numRuns: Number(process.env['FC_RUNS'] ?? 500) },
  );
});

test('frames of other groups are passed over, without a parser', (t) => {
  const rows = Array.from({ length: 1000 }, (_, i) => `(1.0) can0 ${i % 10 === 0 ? '0CF00400' : '18FF1021'}#00`);
  const { sieved, skipped } = both(`${rows.join('\n')}\n`, []);
  t.is(sieved.length, 100);
  t.is(skipped, 899, 'all but the last of the chunk');
});
