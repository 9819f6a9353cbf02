// models/tflite: the options of a custom operator: a FlexBuffers map of plain numbers. In: bytes, untrusted. Out: numbers by
// name. Never: a byte outside them. Source: the FlexBuffers format (root at the end, offsets point backwards).
import { FlatFault } from './flat.ts';

const kind = { int: 1, uint: 2, float: 3, map: 9, bool: 26 } as const;
const mostKeys = 64;

/** @throws FlatFault */
export function readFlexMap(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const check = (at: number, size: number) => {
    if (at < 0 || at + size > bytes.length) throw new FlatFault('its options are cut short or damaged');
  };
  const unsigned = (at: number, width: number): number => {
    check(at, width);
    if (width === 1) return view.getUint8(at);
    if (width === 2) return view.getUint16(at, true);
    return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
  };
  const back = (at: number, width: number) => at - unsigned(at, width);
  const number = (at: number, width: number, type: number): number => {
    check(at, width);
    if (type === kind.float) return width === 8 ? view.getFloat64(at, true) : view.getFloat32(at, true);
    const value = unsigned(at, width);
    return type === kind.int && value >= 2 ** (width * 8 - 1) ? value - 2 ** (width * 8) : value;
  };
  const text = (at: number): string => {
    check(at, 1);
    const end = bytes.indexOf(0, at);
    return new TextDecoder().decode(bytes.subarray(at, end < 0 || end > at + 100 ? at + 100 : end));
  };

  const rootWidth = unsigned(bytes.length - 1, 1);
  const packed = unsigned(bytes.length - 2, 1);
  if (packed >> 2 !== kind.map || ![1, 2, 4, 8].includes(rootWidth)) throw new FlatFault('its options are no map');
  const map = back(bytes.length - 2 - rootWidth, rootWidth);
  const width = 1 << (packed & 3);
  const length = unsigned(map - width, width);
  const keyWidth = unsigned(map - 2 * width, width);
  const keys = back(map - 3 * width, width);
  if (length > mostKeys || ![1, 2, 4, 8].includes(keyWidth)) throw new FlatFault('its options are no sensible map');
  const found = new Map<string, number>();
  for (let i = 0; i < length; i++) {
    const type = unsigned(map + length * width + i, 1) >> 2;
    const plain = type === kind.int || type === kind.uint || type === kind.float || type === kind.bool;
    if (plain) found.set(text(back(keys + i * keyWidth, keyWidth)), number(map + i * width, width, type));
  }
  return found;
}
