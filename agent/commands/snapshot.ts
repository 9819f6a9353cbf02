// agent/commands: `snapshot`: a masked picture of now, as evidence through the outbox. A box that is killed between
// making and handing over goes on with the same picture: it is kept before its first byte goes into the outbox.
import { z } from 'zod';
import type { Command } from '../../contract/index.ts';
import { type Handler, Refusal } from './types.ts';

/** A masked picture, as far as this room needs to know it. */
export interface Snapshot {
  readonly id: string;
  /** epoch ms, of the frame */
  readonly at: number;
  readonly sha256: string;
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** regions made unrecognisable */
  readonly masked: { readonly persons: number; readonly vehicles: number };
}

export interface SnapshotSource {
  /** ids of the cameras, the first one first */
  cameras(): readonly string[];
  /** A masked picture of the newest frame. @throws where there is no frame now, or it cannot be masked */
  take(camera: string, command: string): Promise<Snapshot>;
  /** Into the outbox, as evidence of this command; the same picture again does no harm. */
  hand(command: string, picture: Pick<Snapshot, 'id' | 'sha256' | 'jpeg'>): Promise<void>;
}

const aboutSchema = z.object({
  camera: z.string(),
  id: z.string(),
  at: z.number(),
  sha256: z.string(),
  width: z.number(),
  height: z.number(),
  masked: z.object({ persons: z.number(), vehicles: z.number() }),
});

export function snapshotHandler(source: SnapshotSource): Handler {
  return async ({ id, params }: Command, { signal, draft, keep }) => {
    const kept = draft();
    let about: z.infer<typeof aboutSchema>;
    let jpeg: Uint8Array;
    if (kept) {
      about = aboutSchema.parse(JSON.parse(kept.text));
      jpeg = kept.bytes;
    } else {
      const camera = chosen(source.cameras(), params['camera'] as string | undefined);
      const { jpeg: bytes, ...made } = await source.take(camera, id);
      about = { camera, ...made };
      jpeg = bytes;
      signal.throwIfAborted();
      keep({ text: JSON.stringify(about), bytes: jpeg });
    }
    await source.hand(id, { id: about.id, sha256: about.sha256, jpeg });
    const { id: evidence, ...rest } = about;
    return { evidence, ...rest, bytes: jpeg.length };
  };
}

function chosen(cameras: readonly string[], wanted: string | undefined): string {
  const [first] = cameras;
  if (first === undefined) throw new Refusal('this box has no camera');
  if (wanted === undefined) return first;
  if (cameras.includes(wanted)) return wanted;
  throw new Refusal(`this box has no camera "${wanted}"`);
}
