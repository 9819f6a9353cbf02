// agent/main/flows: the book of cases of a box without cameras, for what its flows report. In: the outbox. Out: the book,
// kept going until it is closed.
import { join } from 'node:path';
import { CaseBook, CaseStore } from '../../cases/index.ts';
import type { Outbox } from '../../outbox/index.ts';
import type { FaultLog } from '../log.ts';

const RETRY_MS = 5000;

/** As much of the camera role as the rest of the agent needs of its cases. */
export interface BookHolder {
  readonly book: CaseBook;
  /** the centre holds the case lane up to and including `upTo` */
  acknowledged(upTo: number): void;
  close(): void;
}

/** @param tell told each case that changed. @throws KerbError CASES_DB_* */
export async function openBook(
  data: string,
  outbox: Outbox,
  faults: FaultLog,
  tell: (id: string) => void,
): Promise<BookHolder> {
  const onFault = (error: unknown) => faults.add(error, 'cases');
  const store = new CaseStore(join(data, 'cases'), onFault);
  const book = new CaseBook({ store, outbox, onFault });
  await book.recover();
  const acknowledged = (upTo: number) => {
    for (const id of book.acknowledged('case', outbox.lane('case').epoch, upTo)) tell(id);
  };
  acknowledged(outbox.lane('case').acked);
  const timer = setInterval(() => {
    if (book.waiting > 0) void book.handOver();
  }, RETRY_MS);
  return {
    book,
    acknowledged,
    close: () => {
      clearInterval(timer);
      store.close();
    },
  };
}
