// drivers/can: every way a number can lie in a frame, against a slow reference that walks bit by bit.
import test from 'ava';
import fc from 'fast-check';
import { type BitField, bytesNeeded, exactField, extractor } from './bit-field.ts';
import { scaleOf } from './scale.ts';
import { RUNS } from './testing.ts';

/** The bits of a field from the highest to the lowest, as the DBC format describes them, one by one. */
function bitsOf(field: BitField, data: Uint8Array): bigint {
  const positions: number[] = [];
  let at = field.start;
  for (let i = 0; i < field.length; i++) {
    positions.push(at);
    if (!field.motorola) at++;
    else if (at % 8 === 0) at += 15;
    else at--;
  }
  if (!field.motorola) positions.reverse();
  let bits = 0n;
  for (const position of positions) bits = (bits << 1n) | BigInt((data[position >> 3]! >> (position & 7)) & 1);
  return field.signed ? BigInt.asIntN(field.length, bits) : bits;
}

const field = fc
  .record({
    start: fc.nat(127),
    length: fc.integer({ min: 1, max: 64 }),
    motorola: fc.boolean(),
    signed: fc.boolean(),
    float: fc.constant(false),
  })
  .filter((one) => bytesNeeded(one) <= 24);

test('integers of 1 to 64 bits, both byte orders, signed and not', (t) => {
  fc.assert(
    fc.property(field, fc.uint8Array({ minLength: 24, maxLength: 24 }), (one, data) => {
      const wanted = bitsOf(one, data);
      return Object.is(extractor(one)(data), Number(wanted)) && exactField(one)(data) === wanted;
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test('a frame of exactly the bytes needed is enough, and one byte fewer is not', (t) => {
  fc.assert(
    fc.property(field, (one) => {
      const data = new Uint8Array(bytesNeeded(one)).fill(255);
      const all = one.signed ? -1 : Number((1n << BigInt(one.length)) - 1n);
      if (extractor(one)(data) !== all) return false;
      return bitsOf(one, new Uint8Array(data.length).fill(255, 0, data.length - 1)) !== bitsOf(one, data);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('IEEE floats of 64, 32 and 16 bits anywhere', (t) => {
  fc.assert(
    fc.property(
      fc.double(),
      fc.constantFrom(16, 32, 64),
      fc.nat(20),
      fc.boolean(),
      (value, length, start, motorola) => {
        const view = new DataView(new ArrayBuffer(8));
        let wanted = value;
        if (length === 64) view.setFloat64(0, value);
        else if (length === 32) {
          view.setFloat32(4, value);
          wanted = Math.fround(value);
        } else {
          // every half float is a small whole number of 2^-24; build one from bits
          view.setUint16(6, Math.abs(Math.trunc(value % 31744)) || 0);
          wanted = view.getUint16(6);
        }
        const bits = view.getBigUint64(0);
        const data = new Uint8Array(16);
        const one: BitField = { start, length, motorola, signed: false, float: true };
        let at = start;
        for (let i = 0; i < length; i++) {
          const index = motorola ? BigInt(length - 1 - i) : BigInt(i);
          data[at >> 3]! |= Number((bits >> index) & 1n) << (at & 7);
          at = motorola ? (at % 8 === 0 ? at + 15 : at - 1) : at + 1;
        }
        const got = extractor(one)(data);
        if (length !== 16) return Object.is(got, wanted);
        const exponent = wanted >> 10;
        const fraction = wanted & 1023;
        return got === (exponent === 0 ? fraction / 2 ** 24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
      },
    ),
    { numRuns: RUNS },
  );
  t.pass();
});

test('scaling gives the decimal result, and is never further off than raw x factor + offset', (t) => {
  const { times, plus, by } = scaleOf(0.1, -40, 255);
  t.is((3 * times + plus) / by, -39.7);
  t.is((400 * times + plus) / by, 0);
  t.deepEqual(scaleOf(1 / 3, 0, 255), { times: 1 / 3, plus: 0, by: 1 });
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      fc.nat(2 ** 32 - 1),
      (factor, offset, raw) => {
        const scale = scaleOf(factor, offset, 2 ** 32);
        const value = (raw * scale.times + scale.plus) / scale.by;
        const size = Math.abs(raw * factor) + Math.abs(offset);
        return Math.abs(value - (raw * factor + offset)) <= size * 4e-16;
      },
    ),
    { numRuns: RUNS },
  );
});
