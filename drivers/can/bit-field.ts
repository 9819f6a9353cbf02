// drivers/can: a number out of a frame's bits. In: where it lies (start, length, byte order, sign, float). Out: a function
// that takes a frame's bytes and gives the raw number. Never: BigInt on the way; a value of more than 53 bits comes as the
// nearest double (`exactField` gives all its digits).

/** Where a raw number lies in a frame, in the words of a DBC file. */
export interface BitField {
  /** Intel: the lowest bit; Motorola: the highest bit; counted 8 x byte + bit, bit 0 the lowest of its byte */
  readonly start: number;
  /** bits, 1..64; IEEE floats 16, 32 or 64 */
  readonly length: number;
  /** big endian */
  readonly motorola: boolean;
  readonly signed: boolean;
  /** IEEE 754 */
  readonly float: boolean;
}

/** Bytes of one frame to a raw number; the frame must have at least `bytesNeeded` bytes. */
export type Extract = (data: Uint8Array) => number;

interface Place {
  /** byte with the lowest bits, and the way to the next higher byte: +1 or -1 */
  readonly lowest: number;
  readonly step: 1 | -1;
  /** bits to drop at the low end */
  readonly shift: number;
  /** bytes touched, 1..9 */
  readonly count: number;
  readonly last: number;
}

function place(field: BitField): Place {
  const { start, length } = field;
  if (!field.motorola) {
    const lowest = start >> 3;
    const last = (start + length - 1) >> 3;
    return { lowest, step: 1, shift: start & 7, count: last - lowest + 1, last };
  }
  // counted along the wire, from the highest bit of byte 0 on, a Motorola number is one run of bits
  const first = (start >> 3) * 8 + (7 - (start & 7));
  const end = first + length - 1;
  const last = end >> 3;
  return { lowest: last, step: -1, shift: 7 - (end & 7), count: last - (first >> 3) + 1, last };
}

/** How many bytes a frame must have to carry this field. */
export function bytesNeeded(field: BitField): number {
  return place(field).last + 1;
}

const scratch = new DataView(new ArrayBuffer(8));

/** IEEE 754 half precision. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The bits 0..31 of a field, as unsigned. */
function lowWord({ lowest: a, step: s, shift, count }: Place, length: number): Extract {
  const mask = length >= 32 ? -1 : 2 ** length - 1;
  const b = a + s;
  const c = b + s;
  const d = c + s;
  const e = d + s;
  switch (Math.min(count, 5)) {
    case 1:
      return (data) => (data[a]! >> shift) & mask;
    case 2:
      return (data) => ((data[a]! | (data[b]! << 8)) >> shift) & mask;
    case 3:
      return (data) => ((data[a]! | (data[b]! << 8) | (data[c]! << 16)) >> shift) & mask;
    case 4:
      return (data) => (((data[a]! | (data[b]! << 8) | (data[c]! << 16) | (data[d]! << 24)) >>> shift) & mask) >>> 0;
    default: {
      if (shift === 0) {
        return (data) => (data[a]! | (data[b]! << 8) | (data[c]! << 16) | (data[d]! << 24)) >>> 0;
      }
      const rest = 32 - shift;
      return (data) => {
        const low = data[a]! | (data[b]! << 8) | (data[c]! << 16) | (data[d]! << 24);
        return (((low >>> shift) | (data[e]! << rest)) & mask) >>> 0;
      };
    }
  }
}

/** The bits 32 and up of a field of more than 32 bits, as unsigned. */
function highWord(at: Place, length: number): Extract {
  const lowest = at.lowest + 4 * at.step;
  return lowWord({ ...at, lowest, count: at.count - 4 }, length - 32);
}

/** The function that reads this field: an integer as the nearest double, a float as it is (also NaN and infinite). */
export function extractor(field: BitField): Extract {
  const at = place(field);
  const { length } = field;
  const low = lowWord(at, length);
  if (field.float && length === 16) return (data) => halfFloat(low(data));
  if (field.float && length === 32) {
    return (data) => {
      scratch.setUint32(0, low(data));
      return scratch.getFloat32(0);
    };
  }
  if (length <= 32) {
    if (!field.signed) return low;
    const spare = 32 - length;
    return (data) => (low(data) << spare) >> spare;
  }
  const high = highWord(at, length);
  if (field.float) {
    return (data) => {
      scratch.setUint32(0, high(data));
      scratch.setUint32(4, low(data));
      return scratch.getFloat64(0);
    };
  }
  // one rounding only: the upper part times 2^32 is exact, so the sum is the nearest double
  if (!field.signed) return (data) => high(data) * 0x1_0000_0000 + low(data);
  const spare = 64 - length;
  return (data) => ((high(data) << spare) >> spare) * 0x1_0000_0000 + low(data);
}

/** As `extractor` for an integer field, with all its digits. */
export function exactField(field: BitField): (data: Uint8Array) => bigint {
  const at = place(field);
  const low = lowWord(at, field.length);
  const high = field.length > 32 ? highWord(at, field.length) : () => 0;
  return (data) => {
    const bits = (BigInt(high(data)) << 32n) | BigInt(low(data));
    return field.signed ? BigInt.asIntN(field.length, bits) : bits;
  };
}
