// drivers/gnss: what is no sentence: binary packets between lines, junk, floods. Counted by kind, bounded in memory.

import test from 'ava';
import fc from 'fast-check';
import { GnssDecoder } from './decoder.ts';
import { crc24q, sirfSum, ubxSum } from './packets.ts';
import { sentence } from './talk.ts';

const GGA = sentence('GNGGA,120000.00,3352.1,N,11546.5,E,1,08,0.9,41.5,M,8.0,M,,');
const RMC = sentence('GNRMC,120000.00,A,3352.1,N,11546.5,E,0.5,90.0,150726,,,A');

function ubx(payload: Uint8Array): Uint8Array {
  const head = [0xb5, 0x62, 1, 7, payload.length & 0xff, payload.length >> 8];
  const sum = ubxSum(Uint8Array.from([...head, ...payload]), 2, 6 + payload.length);
  return Uint8Array.from([...head, ...payload, sum >> 8, sum & 0xff]);
}
function sirf(payload: Uint8Array): Uint8Array {
  const sum = sirfSum(payload, 0, payload.length);
  return Uint8Array.from([
    0xa0,
    0xa2,
    payload.length >> 8,
    payload.length & 0xff,
    ...payload,
    sum >> 8,
    sum & 0xff,
    0xb0,
    0xb3,
  ]);
}
function rtcm3(payload: Uint8Array): Uint8Array {
  const body = Uint8Array.from([0xd3, payload.length >> 8, payload.length & 0xff, ...payload]);
  const crc = crc24q(body, 0, body.length);
  return Uint8Array.from([...body, crc >> 16, (crc >> 8) & 0xff, crc & 0xff]);
}
const text = (s: string): Uint8Array => Buffer.from(s, 'latin1');

test('CRC-24Q of a known RTCM 1005 message', (t) => {
  const message = Buffer.from('d300133ed7d30202980edeef34b4bd62ac0941986f33360b98', 'hex');
  t.is(crc24q(message, 0, message.length - 3), message.readUIntBE(message.length - 3, 3));
});

test('binary between lines, with sentences inside it, is skipped whole and counted', (t) => {
  const inside = text(`xx${GGA}yy`);
  const decoder = new GnssDecoder();
  const stream = Buffer.concat([
    text(GGA),
    ubx(inside),
    sirf(inside),
    rtcm3(inside),
    text(RMC),
    ubx(inside),
    text(GGA),
  ]);
  decoder.push({ bytes: stream, wall: null });
  const { sentences, ubx: u, sirf: s, rtcm3: r, junkBytes } = decoder.counters;
  t.deepEqual({ sentences, u, s, r, junkBytes }, { sentences: 3, u: 2, s: 1, r: 1, junkBytes: 0 });
});

test('a packet with a wrong checksum hides no sentence behind its head', (t) => {
  const broken = ubx(text(`xx${GGA}yy`));
  broken[broken.length - 1]! ^= 1;
  const decoder = new GnssDecoder();
  decoder.push({ bytes: Buffer.concat([broken, text(RMC)]), wall: null });
  decoder.flush();
  t.is(decoder.counters.sentences, 2);
  t.is(decoder.counters.ubx, 0);
});

for (const [what, byte] of [
  ['letters', 65],
  ['dollars', 36],
  ['heads of packets', 0xb5],
  ['noughts', 0],
] as const) {
  test(`10 MB of ${what} without a newline keep no memory`, (t) => {
    const decoder = new GnssDecoder();
    const flood = new Uint8Array(1 << 16).fill(byte);
    flood[0] = 36;
    let most = 0;
    for (let i = 0; i < 160; i++) {
      decoder.push({ bytes: flood, wall: null });
      most = Math.max(most, decoder.held);
    }
    t.true(most <= 4096, `held ${most}`);
    decoder.push({ bytes: text(`\n${GGA}`), wall: null });
    t.is(decoder.counters.sentences, 1, 'and what follows is read');
  });
}

/** Pieces of a bad stream: sentences, torn, altered, with wild fields, binary and noise between. */
const wildField = fc.constantFrom(
  '',
  '0',
  '-1',
  'NaN',
  '1e999',
  '99999999999999999999',
  '.',
  '-',
  '256161',
  '3',
  'A',
  'V',
);
const kind = fc.constantFrom('RMC', 'GGA', 'GLL', 'GNS', 'GSA', 'GSV', 'VTG', 'ZDA', 'GBS', 'XYZ');
const wild = fc
  .tuple(fc.constantFrom('GP', 'GN', 'BD', 'GB', 'QZ', 'PQ'), kind, fc.array(wildField, { maxLength: 70 }))
  .map(([talker, name, fields]) => text(sentence([talker + name, ...fields].join(','))));
const own = fc
  .tuple(
    fc.constantFrom('PUBX', 'PGRMZ', 'PGRMF', 'PASHR,POS', 'PMGNST', 'PSRFEPE'),
    fc.array(wildField, { maxLength: 20 }),
  )
  .map(([name, fields]) => text(sentence([name, ...fields].join(','))));
const noise = fc.uint8Array({ maxLength: 60 });
const piece = fc.oneof(
  fc.constantFrom(text(GGA), text(RMC)),
  wild,
  own,
  noise,
  noise.map(ubx),
  noise.map(rtcm3),
  noise.map(sirf),
  fc
    .tuple(fc.constantFrom(2, 4, 7, 41), fc.uint8Array({ minLength: 0, maxLength: 200 }))
    .map(([id, rest]) => sirf(Uint8Array.from([id, ...rest]))),
  fc.tuple(fc.constantFrom(GGA, RMC), fc.nat(80), fc.nat(255)).map(([s, i, b]) => {
    const bytes = Buffer.from(s, 'latin1');
    bytes[i % bytes.length] = b;
    return bytes;
  }),
  fc.tuple(fc.constantFrom(GGA, RMC), fc.nat(80)).map(([s, n]) => text(s.slice(0, n))),
);

test('whatever comes: no crash, whole counts, sane epochs, and the same however it is cut', (t) => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (pieces, size) => {
      const stream = Buffer.concat(pieces);
      const whole = new GnssDecoder();
      const epochs = [...whole.push({ bytes: stream, wall: null }), ...whole.flush()];
      for (const e of epochs) {
        const sane =
          (e.lat === null) === (e.lon === null) &&
          (e.mode >= 2 || e.lat === null) &&
          [e.lat, e.lon, e.alt, e.speed, e.track, e.hdop, e.time].every((v) => v === null || Number.isFinite(v)) &&
          Math.abs(e.lat ?? 0) <= 90 &&
          Math.abs(e.lon ?? 0) <= 180 &&
          e.mode >= 0 &&
          e.mode <= 3;
        if (!sane) throw new Error(JSON.stringify(e));
      }
      const cut = new GnssDecoder();
      const again = [];
      for (let i = 0; i < stream.length; i += size) {
        again.push(...cut.push({ bytes: stream.subarray(i, i + size), wall: null }));
        if (cut.held > 4096) throw new Error(`held ${cut.held}`);
      }
      again.push(...cut.flush());
      if (JSON.stringify(again) !== JSON.stringify(epochs)) throw new Error('cutting changed the epochs');
      if (JSON.stringify(cut.counters) !== JSON.stringify(whole.counters))
        throw new Error('cutting changed the counts');
    }),
    { numRuns: 10_000, seed: 20260715 },
  );
  t.pass();
});
