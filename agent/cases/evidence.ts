// agent/cases: the pictures that prove a case. Moments come in; masked JPEGs with their references go out.
// Never an unmasked byte: a picture that cannot be masked is left out and told as a fault.
import { createHash } from 'node:crypto';
import {
  derivedId,
  EVIDENCE_CHUNK_BYTES,
  type EvidenceChunk,
  type EvidenceRef,
  KerbError,
  oneLine,
} from '../../contract/index.ts';
import type { Looker } from '../../models/types.ts';
import { type Codec, type MaskedPicture, maskPersons } from './mask.ts';
import type { Moment } from './types.ts';

/** Looks may fail (a worker died and was replaced): times that a picture is tried. */
const MAX_TRIES = 3;

export interface EvidencePicture {
  readonly ref: EvidenceRef;
  readonly jpeg: Uint8Array;
}

/**
 * One masked picture of a moment.
 * @param names what the picture's id is made of: device, event
 * @throws KerbError EVIDENCE_UNMASKED, EVIDENCE_FAILED
 */
export async function makeEvidence(
  moment: Moment,
  role: EvidenceRef['role'],
  names: readonly string[],
  looker: Looker,
  codec: Codec,
): Promise<EvidencePicture> {
  const { frame, box } = moment;
  const { jpeg, persons } = await tryMask(moment, looker, codec);
  const ref: EvidenceRef = {
    id: derivedId(frame.time, ...names, role),
    role,
    at: frame.time,
    sha256: createHash('sha256').update(jpeg).digest('hex'),
    bytes: jpeg.length,
    mime: 'image/jpeg',
    width: frame.width,
    height: frame.height,
    box: [...box],
    masked: { persons },
  };
  return { ref, jpeg };
}

/** Masks a moment, with patience for a looker that fails. @throws KerbError EVIDENCE_UNMASKED, EVIDENCE_FAILED */
export async function tryMask({ frame, box }: Moment, looker: Looker, codec: Codec): Promise<MaskedPicture> {
  for (let tries = 1; ; tries++) {
    try {
      return await maskPersons(frame, box, looker, codec);
    } catch (error) {
      if (error instanceof KerbError && error.code === 'EVIDENCE_UNMASKED') throw error;
      if (tries < MAX_TRIES) continue;
      const what = `could not be looked at ${MAX_TRIES} times (${oneLine(error)})`;
      const remedy = 'there is no such picture; see the health page';
      throw new KerbError('EVIDENCE_FAILED', what, 'evidence picture', remedy, { cause: error });
    }
  }
}

/** A record of the evidence lane. */
export interface ChunkRecord {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/**
 * A picture as records of the evidence lane, in order; the same picture always gives the same records.
 * @param caseId what it proves: a case, or the command that asked for it
 */
export function chunksOf(caseId: string, picture: { id: string; sha256: string; jpeg: Uint8Array }): ChunkRecord[] {
  const of = Math.max(1, Math.ceil(picture.jpeg.length / EVIDENCE_CHUNK_BYTES));
  return Array.from({ length: of }, (_, chunk) => {
    const record: EvidenceChunk = {
      v: 1,
      kind: 'evidence',
      id: picture.id,
      case: caseId,
      chunk,
      of,
      sha256: picture.sha256,
      bytes: picture.jpeg.length,
      mime: 'image/jpeg',
    };
    const from = chunk * EVIDENCE_CHUNK_BYTES;
    return { text: JSON.stringify(record), bytes: picture.jpeg.subarray(from, from + EVIDENCE_CHUNK_BYTES) };
  });
}
