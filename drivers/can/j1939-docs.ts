// drivers/can: docs/j1939.md out of the table. In: the table. Out: Markdown; run as a program it prints it.
// Never: a figure that the decoder does not use.
import { J1939_GROUPS, type J1939Signal } from './j1939-table.ts';
import { largestRaw, unitOf } from './j1939-units.ts';

const INTRO = `# J1939 as Kerbside reads it

Made by \`scripts/node24 drivers/can/j1939-docs.ts > docs/j1939.md\` from
\`drivers/can/j1939-table.ts\`; a test fails where they differ.

These are the parameter groups that are built in: what \`kerbside replay can FILE\` prints without \`--dbc\`, and what a
vehicle terminal understands of a bus that nobody has described to it. With a DBC its messages, names and units are used
instead, and nothing of this page applies.

**Units** are the program's own: metres, metres per second, seconds, pascals, kilograms, degrees Celsius, per cent, volts,
amperes; and, as everyone says them, revolutions per minute (rpm) and litres (L, L/h, m/L). The column "on the wire" has
the standard's scale, offset and unit: value = raw x scale + offset, then converted.

**Null** is what the sender marks as error (FE...) or not available (FF...), what lies in the parameter specific and
reserved ranges between the largest value (FA, FAFF, FAFFFFFF) and those, and a signal that the frame is too short for.
States of two bits are 0 or 1; 2 (error) and 3 (not available) are null. A raw number above the column "largest" is null.

**Several senders** of one group are printed one by one with their \`source\`; which of them counts is decided by
\`SourceRanker\`: the first in the vehicle's stated order whose value is fresh.

**Messages of more than 8 bytes** (BAM, RTS/CTS; PGN 60416 and 60160) are put together in strict order: a missing, doubled
or late packet (750 ms, 1250 ms for addressed transfers, by the times of the frames) discards the message, and counts it.
Their line says \`transport\`. The transport's own frames are not printed.

**Trouble codes** (DM1, DM2): \`faults\` has spn, fmi and count of each, by conversion method 4; \`count\` is null where the
sender does not count (127). A code of zeros says that there is none: \`faults\` is empty. A text (the VIN) is in \`texts\`.

**Where the numbers come from.** Positions, scales, offsets and ranges are those of SAE J1939-71 (application layer), -73
(diagnostics), -81 (addresses) and -21 (transport) as they are publicly known; the standards themselves were not at hand.
Compared signal by signal with an independent public table were EEC1, EEC2, EEC3, ETC2, EBC2, TCO1, VD, LFC1, LFE1, ET1,
EFL/P1, IC1, VEP1 and CCVS1 (place, bits, scale, offset; not the SPN). The others still need that: check them against the
vehicle maker's manual before a rule stands on one. Seen on a real bus (the recorded truck of the tests) are those marked
with *; its engine was off, so most values there are zero or not available.
`;

/** on the recorded truck */
const SEEN = new Set(
  '59904 60928 61441 61443 61444 65110 65213 65215 65217 65226 65247 65262 65263 65264 65265 65266 65269 65270 65271 65279'
    .split(' ')
    .map(Number),
);

const figure = (value: number): string => String(Number(value.toPrecision(9)));

function wire({ scale, offset, unit }: J1939Signal): string {
  if (scale === 1 && offset === 0) return unit;
  const shift = offset === 0 ? '' : offset < 0 ? ` - ${-offset}` : ` + ${offset}`;
  return `x ${figure(scale)}${shift}${unit === '' ? '' : ` ${unit}`}`;
}

function row(signal: J1939Signal): string {
  const { times, by, unit } = unitOf(signal.unit);
  const largest = signal.largest ?? largestRaw(signal.bits);
  const convert = (raw: number): string => figure(((raw * signal.scale + signal.offset) * times) / by);
  const place = signal.bits % 8 === 0 && signal.bit === 1 ? `${signal.byte}` : `${signal.byte}.${signal.bit}`;
  const cells = [
    signal.spn,
    signal.name,
    place,
    signal.bits,
    wire(signal),
    unit,
    `${convert(0)} to ${convert(largest)}`,
    largest,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The text of docs/j1939.md. */
export function j1939Markdown(): string {
  let text = INTRO;
  for (const group of J1939_GROUPS) {
    text += `\n## ${group.pgn} ${group.name}: ${group.title}${SEEN.has(group.pgn) ? ' *' : ''}\n\n`;
    if (group.signals.length > 0) {
      text +=
        '| SPN | name | byte.bit | bits | on the wire | unit | range | largest raw |\n|---|---|---|---|---|---|---|---|\n';
      text += `${group.signals.map(row).join('\n')}\n`;
    }
    if (group.text) text += `SPN ${group.text.spn}, text \`${group.text.name}\`: ASCII up to \`*\`.\n`;
    if (group.faults) text += '\nTrouble codes follow from byte 3 on, four bytes each.\n';
  }
  return text;
}

if (import.meta.main) process.stdout.write(j1939Markdown());
