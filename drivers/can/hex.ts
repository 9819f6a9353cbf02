// drivers/can: hexadecimal digits. In: an ASCII code. Out: its value, or -1. Never: a string on the way.

/** value of an ASCII code as a hexadecimal digit, -1 where it is none */
export const HEX: Int8Array = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}
