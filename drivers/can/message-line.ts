// drivers/can: a decoded message as one line of JSON. In: a message. Out: text without newline. Never: NaN or infinity
// (a DBC's floats may be: null), or an integer that lost digits because a double has only 53 bits.
import type { CanMessage } from './can-decoder.ts';

/** JSON.rawJSON of ECMAScript's "JSON.parse source text access"; Node has it, the compiler's library not yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** `{time, id, pgn?, source?, name, signals, faults?, texts?, transport?}` */
export function messageLine(message: CanMessage): string {
  const { exact, ...rest } = message;
  if (exact === undefined || exact.size === 0) return JSON.stringify(rest);
  const signals: Record<string, unknown> = { ...rest.signals };
  for (const [name, digits] of exact) signals[name] = rawJSON(String(digits));
  return JSON.stringify({ ...rest, signals });
}
