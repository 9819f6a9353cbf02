// drivers/gnss: sentences for tests and benchmarks, as a receiver would send them.
import { GnssDecoder } from './decoder.ts';
import type { Epoch } from './types.ts';

/** A sentence with its checksum and line end. @param body without $ and *hh, e.g. `GPGGA,120000,...` */
export function sentence(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

/** What a fresh decoder makes of a text (latin1) or bytes given at once, the last epoch flushed. */
export function decode(input: string | Uint8Array, wall: number | null = null): Epoch[] {
  const decoder = new GnssDecoder();
  const bytes = typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
  return [...decoder.push({ bytes, wall }), ...decoder.flush()];
}
