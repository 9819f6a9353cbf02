// drivers/gnss: the satellites in view, gathered from GSV and GSA over talkers, signals and cycles.
// In: their sentences. Out: one list, each satellite once, with the best of its signals. Bounded: 32 groups of 64.
import type { Fields } from './fields.ts';
import {
  ALL_KEYS,
  ANY,
  BEIDOU,
  GALILEO,
  GPS,
  idSystem,
  PER_SYSTEM,
  QZSS,
  SYSTEMS,
  satelliteKey,
  talkerSystem,
} from './numbering.ts';
import type { Satellite } from './types.ts';

/** a receiver may tell its sky only every few seconds; after this many epochs without it, it is forgotten */
const STALE_EPOCHS = 100;
/** a talker that is silent while another told its sky so many times more has nothing in view */
const STALE_ROUNDS = 5;
const MAX_GROUPS = 32;
const MAX_PARTS = 64;
const MAX_SATELLITES = 64;
const MAX_USED = 256;

/** A list of satellites without objects: key, elevation, azimuth, C/N0; -1 and -100 where the receiver says nothing. */
class Raw {
  size = 0;
  readonly keys = new Int16Array(MAX_SATELLITES);
  readonly elevations = new Int16Array(MAX_SATELLITES);
  readonly azimuths = new Int16Array(MAX_SATELLITES);
  readonly snrs = new Int16Array(MAX_SATELLITES);
}

/** One talker's (and signal's) list as GSV tells it in parts. */
class Group {
  readonly id: number;
  parts = 0;
  next = 1;
  building = new Raw();
  whole = new Raw();
  epoch = 0;
  round = 0;

  constructor(id: number) {
    this.id = id;
  }
}

const NOTHING: readonly Satellite[] = Object.freeze([]);

export class Sky {
  #groups: Group[] = [];
  /** used[key] is 1; by the last run of GSA, and by the one that is being told */
  #used = new Uint8Array(ALL_KEYS);
  #usedNext = new Uint8Array(ALL_KEYS);
  #usedKeys = new Int16Array(MAX_USED);
  #usedNextKeys = new Int16Array(MAX_USED);
  #usedSize = 0;
  #usedNextSize = 0;
  /** systems that a GN sentence without system id has been given in this run of GSA */
  #taken = 0;
  #usedOpen = false;
  #epoch = 0;
  #round = 0;
  #dirty = false;
  #list: readonly Satellite[] = NOTHING;
  /** the object that each satellite was told as last, and its figures packed in a number */
  readonly #told: (Satellite | undefined)[] = new Array(ALL_KEYS).fill(undefined);
  readonly #packed = new Int32Array(ALL_KEYS);
  /** while lists are merged: where each satellite stands in the list, and in which merge */
  readonly #merge = new Uint32Array(ALL_KEYS);
  readonly #best = new Int16Array(ALL_KEYS);
  #merges = 0;

  /** Satellites told as used by the last run of GSA. */
  get usedCount(): number {
    return this.#usedOpen ? this.#usedNextSize : this.#usedSize;
  }

  /** One GSV. Returns false for one that is malformed. */
  gsv(f: Fields): boolean {
    const spare = (f.count - 4) % 4;
    if (f.count < 4 || spare > 1) return false;
    const parts = f.small(1);
    const part = f.small(2);
    if (parts < 1 || parts > MAX_PARTS || part < 1 || part > parts) return false;
    const at = f.start(0);
    const first = f.bytes[at]!;
    const second = f.bytes[at + 1]!;
    const group = this.#group((first << 16) | (second << 8) | (spare === 1 ? f.char(f.count - 1) : 0));
    if (group === null) return true;
    if (part === 1) {
      group.building.size = 0;
      group.next = 1;
      group.parts = parts;
    }
    if (part !== group.next || parts !== group.parts) {
      group.next = 0;
      return true;
    }
    group.next++;
    const system = talkerSystem(first, second);
    const raw = group.building;
    for (let i = 4; i + 3 < f.count; i += 4) {
      if (f.empty(i)) continue;
      const key = satelliteKey(f.small(i), system);
      if (key < 0 || raw.size >= MAX_SATELLITES) continue;
      const n = raw.size++;
      raw.keys[n] = key;
      raw.elevations[n] = f.figure(i + 1, -90, 90, -100);
      raw.azimuths[n] = f.figure(i + 2, 0, 360, -1);
      raw.snrs[n] = f.figure(i + 3, 0, 99, -1);
    }
    if (part === parts) this.#commit(group);
    return true;
  }

  /** The satellites of one GSA; several in a row (one per system) add up. */
  gsa(f: Fields): void {
    if (!this.#usedOpen) {
      this.#usedOpen = true;
      for (let i = 0; i < this.#usedNextSize; i++) this.#usedNext[this.#usedNextKeys[i]!] = 0;
      this.#usedNextSize = 0;
      this.#taken = 0;
    }
    const at = f.start(0);
    let system = talkerSystem(f.bytes[at]!, f.bytes[at + 1]!);
    const numbered = f.count === 19 && system === ANY;
    if (numbered) system = idSystem(f.whole(18));
    // the satellites are all fields between the two modes and the DOPs: 12 of them, but 24 with some receivers
    const last = Math.min(f.count, f.count === 19 ? 15 : f.count - 3);
    if (system === ANY && !numbered && f.bytes[at + 1] === 78) system = this.#guess(f, last);
    for (let i = 3; i < last; i++) {
      if (f.empty(i)) continue;
      const key = satelliteKey(f.small(i), system);
      if (key < 0 || this.#usedNext[key] === 1 || this.#usedNextSize >= MAX_USED) continue;
      this.#usedNext[key] = 1;
      this.#usedNextKeys[this.#usedNextSize++] = key;
    }
  }

  /** Another sentence than GSA ends a run of them. */
  other(): void {
    if (!this.#usedOpen) return;
    this.#usedOpen = false;
    const before = this.#used;
    const beforeKeys = this.#usedKeys;
    const beforeSize = this.#usedSize;
    this.#used = this.#usedNext;
    this.#usedKeys = this.#usedNextKeys;
    this.#usedSize = this.#usedNextSize;
    this.#usedNext = before;
    this.#usedNextKeys = beforeKeys;
    this.#usedNextSize = beforeSize;
    let same = beforeSize === this.#usedSize;
    for (let i = 0; same && i < beforeSize; i++) same = this.#used[beforeKeys[i]!] === 1;
    if (!same) this.#dirty = true;
  }

  /** A list from a binary receiver takes the place of all. */
  replace(satellites: readonly Satellite[]): void {
    this.#groups = [];
    this.#list = satellites;
    this.#dirty = false;
  }

  /** The list for an epoch that is told now. The same array as before where nothing changed. */
  atEpoch(): readonly Satellite[] {
    this.other();
    this.#epoch++;
    if (this.#groups.some((group) => this.#stale(group))) {
      this.#groups = this.#groups.filter((group) => !this.#stale(group));
      this.#dirty = true;
    }
    if (!this.#dirty) return this.#list;
    this.#dirty = false;
    const list: Satellite[] = [];
    this.#merges++;
    for (const { whole } of this.#groups) {
      for (let i = 0; i < whole.size; i++) {
        const key = whole.keys[i]!;
        const known = this.#merge[key] === this.#merges;
        if (known && whole.snrs[i]! <= this.#snrOf(list[this.#best[key]!]!)) continue;
        if (!known) {
          this.#merge[key] = this.#merges;
          this.#best[key] = list.length;
        }
        list[this.#best[key]!] = this.#satellite(key, whole.elevations[i]!, whole.azimuths[i]!, whole.snrs[i]!);
      }
    }
    this.#list = list.length === 0 ? NOTHING : list;
    return this.#list;
  }

  /** The satellite as an object: the one told last time, where it has not changed. */
  #satellite(key: number, elevation: number, azimuth: number, snr: number): Satellite {
    const used = this.#used[key] === 1;
    const packed = ((elevation + 100) << 18) | ((azimuth + 1) << 9) | ((snr + 1) << 1) | (used ? 1 : 0);
    const before = this.#told[key];
    if (before !== undefined && this.#packed[key] === packed) return before;
    const satellite: Satellite = {
      system: SYSTEMS[Math.floor(key / PER_SYSTEM)]!,
      prn: key % PER_SYSTEM,
      elevation: elevation === -100 ? null : elevation,
      azimuth: azimuth === -1 ? null : azimuth,
      snr: snr === -1 ? null : snr,
      used,
    };
    this.#told[key] = satellite;
    this.#packed[key] = packed;
    return satellite;
  }

  #snrOf(satellite: Satellite): number {
    return satellite.snr ?? -1;
  }

  #group(id: number): Group | null {
    for (const group of this.#groups) if (group.id === id) return group;
    if (this.#groups.length >= MAX_GROUPS) return null;
    const group = new Group(id);
    group.epoch = this.#epoch;
    group.round = this.#round - 1;
    this.#groups.push(group);
    return group;
  }

  /** A list is whole. A talker's second list since the round began begins the next. */
  #commit(group: Group): void {
    const spare = group.whole;
    group.whole = group.building;
    group.building = spare;
    spare.size = 0;
    group.epoch = this.#epoch;
    if (group.round === this.#round) this.#round++;
    group.round = this.#round;
    this.#dirty = true;
  }

  #stale(group: Group): boolean {
    return this.#epoch - group.epoch > STALE_EPOCHS || this.#round - group.round > STALE_ROUNDS;
  }

  /**
   * GN without a system id and with numbers up to 64 may be any system's: the one in whose sky most of them are and
   * that has had no sentence in this run; GPS where it is even.
   */
  #guess(f: Fields, last: number): number {
    let best: number = ANY;
    let most = -1;
    for (const system of [GPS, GALILEO, BEIDOU, QZSS]) {
      if (this.#taken & (1 << system)) continue;
      let hits = 0;
      let low = 0;
      for (let i = 3; i < last; i++) {
        if (f.empty(i)) continue;
        const number = f.small(i);
        if (number < 1 || number > 64) continue;
        low++;
        if (this.#inView(system * PER_SYSTEM + number)) hits++;
      }
      if (low === 0) return ANY;
      if (system === GPS && hits === low) most = Infinity;
      else if (hits > most) most = hits;
      else continue;
      best = system;
      if (most === Infinity) break;
    }
    if (best === ANY) return ANY;
    this.#taken |= 1 << best;
    return best === GPS ? ANY : best;
  }

  #inView(key: number): boolean {
    for (const { whole } of this.#groups) {
      for (let i = 0; i < whole.size; i++) if (whole.keys[i] === key) return true;
    }
    return false;
  }
}
