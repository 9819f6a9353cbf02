// drivers/gnss: the checksums of binary receiver protocols. In: bytes[from, to). Out: the sum. Pure.

/** SiRF binary: the bytes added up, 15 bits (SiRF Binary Protocol Reference Manual, transport layer). */
export function sirfSum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum = (sum + bytes[i]!) & 0x7fff;
  return sum;
}

/** UBX: 8-bit Fletcher (RFC 1145) over class, id, length and payload; first byte high. */
export function ubxSum(bytes: Uint8Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  for (let i = from; i < to; i++) {
    a = (a + bytes[i]!) & 0xff;
    b = (b + a) & 0xff;
  }
  return (a << 8) | b;
}

const CRC24Q = Array.from({ length: 256 }, (_, value) => {
  let crc = value << 16;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? (crc << 1) ^ 0x1864cfb : crc << 1;
  return crc & 0xffffff;
});

/** RTCM 3: CRC-24Q, polynomial 0x1864CFB, from 0 (RTCM 10403.3 section 4). */
export function crc24q(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = ((crc << 8) & 0xffffff) ^ CRC24Q[((crc >> 16) ^ bytes[i]!) & 0xff]!;
  return crc;
}
