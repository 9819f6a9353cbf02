// models/tflite: reads FlatBuffers, untrusted. In: bytes. Out: numbers, texts, places. Never: a byte outside them, a
// length taken on trust. Source: the FlatBuffers binary format (tables with vtables, offsets relative to their place).

/** A place that does not hold what it should. */
export class FlatFault extends Error {}

/** A table's place, and its fields by slot. */
export interface Table {
  readonly at: number;
  /** place of a field's value, or 0 where the table has none */
  field(slot: number): number;
}

/** A vector's first element and its length. */
export interface Vector {
  readonly at: number;
  readonly length: number;
}

const none: Vector = { at: 0, length: 0 };

export class Flat {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param identifier four letters after the root's offset */
  root(identifier: string): Table {
    const found = this.bytes.length < 8 ? '' : this.#text(4, 4);
    if (found !== identifier) throw new FlatFault(`it does not begin as one (no ${identifier})`);
    return this.table(this.#follow(0));
  }

  table(at: number): Table {
    const vtable = at - this.int(at);
    const size = this.#within(vtable, 2, () => this.#view.getUint16(vtable, true));
    this.#check(vtable, size);
    return {
      at,
      field: (slot) => {
        const entry = 4 + slot * 2;
        if (entry + 2 > size) return 0;
        const offset = this.#view.getUint16(vtable + entry, true);
        return offset === 0 ? 0 : at + offset;
      },
    };
  }

  byte(at: number, otherwise = 0): number {
    return at === 0 ? otherwise : this.#within(at, 1, () => this.#view.getUint8(at));
  }

  int(at: number, otherwise = 0): number {
    return at === 0 ? otherwise : this.#within(at, 4, () => this.#view.getInt32(at, true));
  }

  float(at: number, otherwise = 0): number {
    return at === 0 ? otherwise : this.#within(at, 4, () => this.#view.getFloat32(at, true));
  }

  /** A whole number of 8 bytes. */
  long(at: number): number {
    return at === 0 ? 0 : this.#within(at, 8, () => Number(this.#view.getBigInt64(at, true)));
  }

  /** A vector in a field. @param size bytes of an element @param most elements it may have */
  vector(field: number, size: number, most: number): Vector {
    if (field === 0) return none;
    const place = this.#follow(field);
    const length = this.#within(place, 4, () => this.#view.getUint32(place, true));
    if (length > most) throw new FlatFault(`a list of ${length}, at most ${most} were expected`);
    this.#check(place + 4, length * size);
    return { at: place + 4, length };
  }

  /** The tables of a vector of tables. */
  tables(field: number, most: number): Table[] {
    const { at, length } = this.vector(field, 4, most);
    return Array.from({ length }, (_, i) => this.table(this.#follow(at + i * 4)));
  }

  ints(field: number, most: number): number[] {
    const { at, length } = this.vector(field, 4, most);
    return Array.from({ length }, (_, i) => this.int(at + i * 4));
  }

  floats(field: number, most: number): number[] {
    const { at, length } = this.vector(field, 4, most);
    return Array.from({ length }, (_, i) => this.float(at + i * 4));
  }

  longs(field: number, most: number): number[] {
    const { at, length } = this.vector(field, 8, most);
    return Array.from({ length }, (_, i) => this.long(at + i * 8));
  }

  text(field: number, most = 4096): string {
    const { at, length } = this.vector(field, 1, most);
    return this.#text(at, length);
  }

  /** The table that a field points to, or null. */
  child(field: number): Table | null {
    return field === 0 ? null : this.table(this.#follow(field));
  }

  #text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }

  #follow(at: number): number {
    const target = at + this.#within(at, 4, () => this.#view.getUint32(at, true));
    this.#check(target, 4);
    return target;
  }

  #within<T>(at: number, size: number, read: () => T): T {
    this.#check(at, size);
    return read();
  }

  #check(at: number, size: number): void {
    if (at >= 0 && size >= 0 && at + size <= this.bytes.length) return;
    throw new FlatFault('it points outside itself: cut short or damaged');
  }
}
