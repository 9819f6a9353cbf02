// The kinds of record that leave a box, and the lanes that carry them. Imports nothing.

/** The lanes of the outbox, most urgent first. A record never changes its lane. */
export const LANES = ['alarm', 'case', 'telemetry', 'evidence'] as const;

export type Lane = (typeof LANES)[number];

/** Whether a text names a lane. */
export function isLane(text: string): text is Lane {
  return (LANES as readonly string[]).includes(text);
}
