// agent/outbox: a boot's id (a UUID, as the kernel gives it) as 16 bytes and back.

/** 16 bytes of a boot id; null where the text is none. */
export function parseBoot(id: string): Buffer | null {
  const hex = id.replaceAll('-', '');
  return /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : null;
}

/** The bytes of what `bootText` gave. */
export const bootBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

/** 16 bytes of a boot id as text. */
export function bootText(from: Buffer, at = 0): string {
  const hex = from.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
