// agent/main: cases as the page's interface gives them, and what is told when one was made.
import type { CaseMaker, StoredCase, Taken } from '../cases/index.ts';
import type { ApiCase } from '../console/api.ts';
import type { Log } from './log.ts';

export function apiCase({ case: made, upstream }: StoredCase): ApiCase {
  return {
    ...made,
    evidence: made.evidence.map((ref) => ({ ...ref, url: `/api/evidence/${ref.id}.jpg` })),
    upstream,
  };
}

/** Logs a new case and tells the page of it; a repetition is only logged. */
export function onTaken(maker: CaseMaker, log: Log, told: (id: string) => void) {
  return (taken: Taken) => {
    if ('duplicateOf' in taken) {
      log.info({ case: taken.duplicateOf }, 'seen again: the case is still open');
      return;
    }
    const { id, code, zone } = taken.case;
    log.info({ case: id, code, zone, pictures: taken.pictures.length, waiting: maker.waiting }, 'a case was made');
    told(id);
  };
}
