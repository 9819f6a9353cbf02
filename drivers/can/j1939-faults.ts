// drivers/can: the trouble codes of DM1 and DM2 (SAE J1939-73). In: the message's bytes. Out: SPN, FMI and count of each.
// Never: a code for "no fault" (all zero) or for padding (all ones), or a read beyond the bytes.

export interface Fault {
  /** suspect parameter number, 19 bits */
  readonly spn: number;
  /** failure mode identifier, 0..31 */
  readonly fmi: number;
  /** how often it occurred, up to 126; null where the sender does not count */
  readonly count: number | null;
}

/** bytes 3 and up: four bytes each. Decoded as conversion method 4 (today's), also where a sender says it uses an older. */
export function faultsOf(data: Uint8Array): Fault[] {
  const faults: Fault[] = [];
  for (let at = 2; at + 4 <= data.length; at += 4) {
    const third = data[at + 2]!;
    const spn = data[at]! | (data[at + 1]! << 8) | ((third >> 5) << 16);
    const fmi = third & 31;
    if ((spn === 0 && fmi === 0) || spn === 0x7ffff) continue;
    const count = data[at + 3]! & 127;
    faults.push({ spn, fmi, count: count === 127 ? null : count });
  }
  return faults;
}
