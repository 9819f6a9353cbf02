// drivers/can: what the 29 bits of a J1939 identifier say (SAE J1939-21). In: an identifier. Out: its parts.
// Never: a guess whether a frame is J1939 at all; every extended frame is read as such.

/** addressed to all */
export const GLOBAL_ADDRESS = 0xff;

/** The parameter group's number; of an addressed group (PF under 240) without the destination. */
export function pgnOf(id: number): number {
  const pgn = (id >>> 8) & 0x3ffff;
  return (pgn & 0xff00) < 0xf000 ? pgn & 0x3ff00 : pgn;
}

/** The sender's address. */
export function sourceOf(id: number): number {
  return id & 0xff;
}

/** Whom it is for: an address, or 255 for all. */
export function destinationOf(id: number): number {
  return (id & 0xff0000) < 0xf00000 ? (id >>> 8) & 0xff : GLOBAL_ADDRESS;
}

/** 0 (first) to 7. */
export function priorityOf(id: number): number {
  return (id >>> 26) & 7;
}

/** The identifier of a group as it would be sent in one frame. */
export function identifier(priority: number, pgn: number, source: number, destination = GLOBAL_ADDRESS): number {
  const addressed = (pgn & 0xff00) < 0xf000 ? pgn | destination : pgn;
  return ((priority << 26) | (addressed << 8) | source) >>> 0;
}
