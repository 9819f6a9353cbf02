// agent/cases: the faults of this room while it runs, by name. What went wrong comes in; errors in the house's shape
// go out. None of them stops anything else.
import { KerbError } from '../../contract/index.ts';

/** The outbox did not take a record: it is kept and tried again. */
export function handoverFault(what: string, cause: unknown): KerbError {
  const remedy = 'it is kept and tried again; see what the outbox says';
  return new KerbError('CASES_HANDOVER', `a case could not be handed over (${what})`, 'agent/cases', remedy, { cause });
}

/** More sightings at once than are held. */
export function busyFault(most: number): KerbError {
  return new KerbError('CASES_BUSY', `${most} sightings wait already`, 'agent/cases', 'give this one again later');
}

/** A sighting whose event names a zone or a code that site and taxonomy lack, or numbers that no case may carry. */
export function sightingFault(what: string): KerbError {
  return new KerbError('CASES_SIGHTING', what, 'agent/cases', 'it is left out; check site and profile');
}

/** The page's copy of a picture could not be written; the case and what goes upstream are not touched. */
export function pictureFault(what: string, cause: unknown): KerbError {
  const remedy = 'the page lacks it; free space on the disk, check its rights';
  return new KerbError('CASES_PICTURE', `a picture file could not be written (${what})`, 'agent/cases', remedy, {
    cause,
  });
}

/** A picture that proves no case did not go into the outbox; nothing of it is kept here. */
export function snapshotFault(what: string, cause?: unknown): KerbError {
  const where = 'agent/cases';
  return new KerbError('CASES_SNAPSHOT', `the picture is not in the outbox (${what})`, where, 'ask again later', {
    cause,
  });
}
