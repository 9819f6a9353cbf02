// drivers/gnss: cycles, orders, dates, systems and flags over receivers made for the purpose.
import test from 'ava';
import { GnssDecoder } from './decoder.ts';
import { decode, sentence } from './talk.ts';

const two = (n: number): string => String(n).padStart(2, '0');
const at = (s: number): string => `12${two(Math.floor(s / 60))}${two(s % 60)}.00`;
/** one ten-thousandth of a minute north per step */
const north = (step: number): string => `3352.${String(1000 + step).padStart(4, '0')}`;
const rmc = (s: number, date = '150726', speed = '0.5'): string =>
  sentence(`GNRMC,${at(s)},A,${north(s)},N,11546.5000,E,${speed},90.0,${date},,,A`);
const gga = (s: number, used = 8, place = s): string =>
  sentence(`GNGGA,${at(s)},${north(place)},N,11546.5000,E,1,${two(used)},0.9,41.5,M,8.0,M,,`);
const gll = (s: number): string => sentence(`GNGLL,${north(s)},N,11546.5000,E,${at(s)},A,A`);
const gsa = (mode = 3): string => sentence(`GPGSA,A,${mode},01,02,03,04,,,,,,,,,1.5,0.9,1.2`);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const T0 = Date.UTC(2026, 6, 15, 12, 0, 0);

test('a receiver of RMC alone: 2D epochs with time, speed and track', (t) => {
  const epochs = decode(
    range(5)
      .map((s) => rmc(s))
      .join(''),
  );
  t.deepEqual(
    epochs.map((e) => e.time),
    range(5).map((s) => T0 + s * 1000),
  );
  t.deepEqual(
    epochs.map((e) => e.mode),
    [2, 2, 2, 2, 2],
  );
  const last = epochs[4]!;
  t.true(Math.abs(last.lat! - (33 + 52.1004 / 60)) < 1e-9);
  t.true(Math.abs(last.lon! - (115 + 46.5 / 60)) < 1e-9);
  t.true(Math.abs(last.speed! - 0.25722) < 1e-4);
  t.is(last.track, 90);
  t.is(last.alt, null);
});

test('a receiver of GGA alone: 3D epochs in order, without a date and so without time', (t) => {
  const epochs = decode(
    range(4)
      .map((s) => gga(s))
      .join(''),
  );
  t.is(epochs.length, 4);
  t.true(epochs.every((e) => e.time === null && e.mode === 3 && e.alt === 41.5 && e.hdop === 0.9));
});

test('any order of sentences within a cycle gives one epoch per cycle with all of it', (t) => {
  const orders = [
    (s: number) => rmc(s) + gga(s) + gsa() + gll(s),
    (s: number) => gga(s) + gsa() + rmc(s),
    (s: number) => gll(s) + gsa() + rmc(s) + gga(s),
    (s: number) => gsa() + gga(s) + gll(s) + rmc(s),
    (s: number) => gga(s) + rmc(s) + gsa(),
  ];
  for (const order of orders) {
    const epochs = decode(range(6).map(order).join(''));
    t.is(epochs.length, 6);
    t.deepEqual(
      epochs.map((e) => e.time),
      range(6).map((s) => T0 + s * 1000),
    );
    t.true(epochs.every((e) => e.mode === 3 && e.alt === 41.5 && e.speed !== null && e.flags === undefined));
  }
});

test('what ends a cycle is learnt: later epochs are told with their last sentence, not with the next cycle', (t) => {
  const decoder = new GnssDecoder();
  const told = range(6).map((s) => {
    const before = decoder.push({ bytes: Buffer.from(gga(s) + gsa()), wall: null });
    const after = decoder.push({ bytes: Buffer.from(rmc(s)), wall: null });
    return [before.map((e) => e.time), after.map((e) => e.time)];
  });
  t.deepEqual(told[1], [[T0], []], 'the first waits for the next cycle');
  t.deepEqual(told[4], [[], [T0 + 4000]]);
  t.deepEqual(told[5], [[], [T0 + 5000]]);
  t.deepEqual(decoder.flush(), []);
});

test('a cycle that grows a new end is learnt again, and no second is told twice', (t) => {
  const short = range(5).map((s) => gga(s) + rmc(s));
  const long = range(5).map((s) => gga(s + 5) + rmc(s + 5) + gll(s + 5) + gsa());
  const epochs = decode([...short, ...long].join(''));
  t.deepEqual(
    epochs.map((e) => e.time),
    range(10).map((s) => T0 + s * 1000),
  );
});

test('bytes cut anywhere give the same epochs', (t) => {
  const text = range(5)
    .map((s) => rmc(s) + gga(s) + gsa())
    .join('');
  const whole = decode(text);
  for (const size of [1, 2, 7, 64]) {
    const decoder = new GnssDecoder();
    const epochs = [];
    for (let i = 0; i < text.length; i += size) {
      epochs.push(...decoder.push({ bytes: Buffer.from(text.slice(i, i + size)), wall: null }));
    }
    epochs.push(...decoder.flush());
    t.deepEqual(epochs, whole);
  }
});

test('loss of the fix: mode 1 without a position, also from a receiver that then has no time', (t) => {
  const lost = sentence('GNRMC,,V,,,,,,,,,,N') + sentence('GNGGA,,,,,,0,00,99.99,,,,,,');
  const epochs = decode(rmc(0) + gga(0) + rmc(1) + gga(1) + lost + lost + rmc(4) + gga(4));
  t.deepEqual(
    epochs.map((e) => [e.time, e.mode, e.lat !== null]),
    [
      [T0, 3, true],
      [T0 + 1000, 3, true],
      [null, 1, false],
      [null, 1, false],
      [T0 + 4000, 3, true],
    ],
  );
});

test('a GGA whose time stands still is told as repeated, and the GSA after it is not believed', (t) => {
  const epochs = decode(gga(0, 3) + gsa(2) + gga(0, 3) + gsa(3) + gga(0, 3) + gsa(3));
  t.deepEqual(
    epochs.map((e) => e.mode),
    [2, 2, 2],
  );
  t.deepEqual(epochs[2]?.flags, ['repeat']);
  t.regex(epochs[2]?.why ?? '', /did not advance/);
});

test('three satellites give no altitude to believe; two are no fix', (t) => {
  t.is(decode(gga(0, 3))[0]?.mode, 2);
  t.is(decode(gga(0, 2))[0]?.mode, 1);
});

test('midnight: the date moves on with GGA before RMC tells it', (t) => {
  const a = sentence('GNGGA,235959.00,3352.1000,N,11546.5,E,1,08,0.9,41.5,M,8.0,M,,');
  const r = sentence('GNRMC,235959.00,A,3352.1000,N,11546.5,E,0.0,,311226,,,A');
  const b = sentence('GNGGA,000000.00,3352.1000,N,11546.5,E,1,08,0.9,41.5,M,8.0,M,,');
  const times = decode(r + a + b).map((e) => e.time);
  t.deepEqual(times, [Date.UTC(2026, 11, 31, 23, 59, 59), Date.UTC(2027, 0, 1)]);
});

test('a leap second 23:59:60 is neither dropped nor flagged', (t) => {
  const cycle = (time: string, date: string): string => sentence(`GNRMC,${time},A,3352.1,N,11546.5,E,0.0,,${date},,,A`);
  const epochs = decode(cycle('235959', '311216') + cycle('235960', '311216') + cycle('000000', '010117'));
  t.is(epochs.length, 3);
  t.is(epochs[1]?.time, Date.UTC(2017, 0, 1));
  t.true(epochs.every((e) => e.flags === undefined));
});

test('week rollover: a live receiver 1024 weeks back is put right, an old recording keeps its date', (t) => {
  const behind = '291106'; // 2026-07-15 less 7168 days
  const text = range(3)
    .map((s) => rmc(s, behind))
    .join('');
  t.is(decode(text)[0]?.time, Date.UTC(2006, 10, 29, 12));
  t.is(decode(text, T0 + 300)[0]?.time, T0);
  const other = range(3)
    .map((s) => rmc(s, '281006'))
    .join('');
  t.is(decode(other, T0)[0]?.time, Date.UTC(2006, 9, 28, 12), 'not a multiple of 1024 weeks: not provable');
});

test('week rollover within a recording: the receiver proves its own fault', (t) => {
  const decoder = new GnssDecoder();
  const text = rmc(0) + rmc(1) + rmc(2, '291106') + rmc(3, '291106');
  const epochs = [...decoder.push({ bytes: Buffer.from(text), wall: null }), ...decoder.flush()];
  t.deepEqual(
    epochs.map((e) => e.time),
    range(4).map((s) => T0 + s * 1000),
  );
  t.is(decoder.counters.rollover, 1);
});

test('ZDA tells a receiver of GGA the date, also from the head of the next cycle', (t) => {
  const zda = (s: number): string => sentence(`GPZDA,${at(s)},15,07,2026,,`);
  t.deepEqual(
    decode(zda(0) + gga(0) + zda(1) + gga(1)).map((e) => e.time),
    [T0, T0 + 1000],
  );
  t.deepEqual(
    decode(gga(0) + zda(0) + gga(1) + zda(1)).map((e) => e.time),
    [T0, T0 + 1000],
  );
});

test('satellites of all systems, each numbered within its own, whichever way the receiver does', (t) => {
  const gsv = [
    sentence('GPGSV,1,1,04,05,45,120,40,40,30,200,35,70,20,010,30,195,60,090,38'),
    sentence('BDGSV,1,1,02,07,50,100,41,214,55,153,40'),
    sentence('GBGSV,1,1,01,30,10,200,22,1'),
    sentence('GAGSV,1,1,02,11,50,100,41,312,15,053,,7'),
    sentence('GLGSV,1,1,01,08,33,044,29,1'),
    sentence('GQGSV,1,1,01,02,70,180,44,1'),
    sentence('GIGSV,1,1,01,03,20,080,31,1'),
  ].join('');
  const used = [
    sentence('GNGSA,A,3,05,40,,,,,,,,,,,1.5,0.9,1.2,1'),
    sentence('GNGSA,A,3,70,08,,,,,,,,,,,1.5,0.9,1.2,2'),
    sentence('GNGSA,A,3,11,,,,,,,,,,,,1.5,0.9,1.2,3'),
    sentence('GNGSA,A,3,07,14,,,,,,,,,,,1.5,0.9,1.2,4'),
    sentence('GNGSA,A,3,03,,,,,,,,,,,,1.5,0.9,1.2,5'),
  ].join('');
  const satellites = decode(rmc(0) + gga(0) + used + gsv)[0]!.satellites;
  const told = satellites.map((s) => `${s.system} ${s.prn} ${s.used ? 'used' : '-'}`).sort();
  t.deepEqual(told, [
    'BeiDou 14 used',
    'BeiDou 30 -',
    'BeiDou 7 used',
    'GLONASS 6 used',
    'GLONASS 8 used',
    'GPS 5 used',
    'Galileo 11 used',
    'Galileo 12 -',
    'NavIC 3 -',
    'QZSS 2 -',
    'QZSS 3 used',
    'SBAS 127 used',
  ]);
  const one = satellites.find((s) => s.system === 'GPS');
  t.deepEqual(one, { system: 'GPS', prn: 5, elevation: 45, azimuth: 120, snr: 40, used: true });
});

test('one satellite heard on two signals is one satellite, with the better of them', (t) => {
  const gsv = sentence('GPGSV,1,1,01,05,45,120,31,1') + sentence('GPGSV,1,1,01,05,45,120,40,6');
  const satellites = decode(rmc(0) + gsv)[0]!.satellites;
  t.is(satellites.length, 1);
  t.is(satellites[0]?.snr, 40);
});

test('GNGSA without a system id is given to the system in whose sky its satellites are', (t) => {
  const gsv = sentence('GPGSV,1,1,02,01,45,120,31,02,40,010,30') + sentence('GBGSV,1,1,02,01,45,020,31,09,40,210,30');
  const run = sentence('GNGSA,A,3,01,02,,,,,,,,,,,1.5,0.9,1.2') + sentence('GNGSA,A,3,01,09,,,,,,,,,,,1.5,0.9,1.2');
  const epochs = decode(gsv + rmc(0) + run + gsv + rmc(1) + run + gsv + rmc(2));
  const used = epochs[1]!.satellites.filter((s) => s.used).map((s) => `${s.system} ${s.prn}`);
  t.deepEqual(used.sort(), ['BeiDou 1', 'BeiDou 9', 'GPS 1', 'GPS 2']);
});

test('a moving receiver that stays on one spot is frozen; a parked one is not', (t) => {
  const stuck = (s: number, speed: string): string =>
    sentence(`GNRMC,${at(s)},A,3352.1000,N,11546.5000,E,${speed},90.0,150726,,,A`);
  const moving = decode(
    range(8)
      .map((s) => stuck(s, '12.0'))
      .join(''),
  );
  t.deepEqual(moving[7]?.flags, ['frozen']);
  t.regex(moving[7]?.why ?? '', /at one spot for 7\.0 s at 6\.2 m\/s/);
  t.is(moving[1]?.flags, undefined);
  const parked = decode(
    range(30)
      .map((s) => stuck(s, '0.0'))
      .join(''),
  );
  t.true(parked.every((e) => e.flags === undefined));
});

test('a jump is told with its size, once; and time that goes back', (t) => {
  const far = (s: number): string => sentence(`GNRMC,${at(s)},A,3353.1000,N,11546.5,E,1.0,90.0,150726,,,A`);
  const epochs = decode(rmc(0) + rmc(1) + far(2) + far(3));
  t.deepEqual(
    epochs.map((e) => e.flags),
    [undefined, undefined, ['jump'], undefined],
  );
  t.regex(epochs[2]?.why ?? '', /^18\d\d m in 1\.0 s$/);
  t.deepEqual(decode(rmc(5) + rmc(3))[1]?.flags, ['time-back']);
});

test('wrong fields count and stand for empty ones', (t) => {
  const decoder = new GnssDecoder();
  const bad = [
    'GNGGA,120000.00,9952.1,N,11546.5,E,1,08,0.9,41.5,M,8.0,M,,',
    'GNGGA,120001.00,3352.1,N,19946.5,E,1,08,0.9,41.5,M,8.0,M,,',
    'GNGGA,120002.00,NaN,N,11546.5,E,1,08,0.9,41.5,M,8.0,M,,',
    'GNGGA,120003.00,3372.1,N,11546.5,E,1,08,0.9,41.5,M,8.0,M,,',
    'GNGGA,120004.00,3352.1,Q,11546.5,E,1,08,0.9,41.5,M,8.0,M,,',
    'GNGGA,126104.00,3352.1,N,11546.5,E,1,08,0.9,1e999,M,8.0,M,,',
  ];
  const text = bad.map(sentence).join('');
  const epochs = [...decoder.push({ bytes: Buffer.from(text), wall: null }), ...decoder.flush()];
  t.true(epochs.slice(0, 5).every((e) => e.mode === 1 && e.lat === null));
  t.is(decoder.counters.badField, 7);
  t.is(decoder.counters.sentences, 6);
});

test('a receiver without checksums is read; one with them loses its torn sentences', (t) => {
  const bare = range(3)
    .map((s) => `${gga(s).split('*')[0]}\r\n`)
    .join('');
  t.is(decode(bare).length, 3);
  const decoder = new GnssDecoder();
  decoder.push({
    bytes: Buffer.from(`${rmc(0) + gga(0)}$GNGGA,120001.00,3352.1\r\n${rmc(1).slice(0, 30)}${gga(1)}`),
    wall: null,
  });
  t.is(decoder.counters.missingChecksum, 1);
  t.is(decoder.counters.torn, 1);
  t.is(decoder.counters.sentences, 3);
});
