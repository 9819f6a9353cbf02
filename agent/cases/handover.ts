// agent/cases: cases into the outbox, each exactly once, wherever the process is killed. Kept cases come in; records
// go out: the pictures' chunks into the evidence lane, then the case into the case lane, cases in order of birth.
//
// How: nobody else puts such records into these lanes, so the store notes beforehand which place the next record will
// get ("intent"). After a crash the outbox itself says how many records it has accepted from that place on, and the
// rest follows. A record is never appended without a durable intent that tells how to find it again.
// A lane whose log was made anew (another epoch) has lost what it held: then the case is told again, rather than never.
import { type KerbError, oneLine } from '../../contract/index.ts';
import { chunksOf } from './evidence.ts';
import { handoverFault, snapshotFault } from './faults.ts';
import type { CaseStore, Intent, StoredPicture } from './store.ts';
import type { Outbox, Position } from './types.ts';

interface Item {
  readonly lane: 'case' | 'evidence';
  readonly text: string;
  readonly bytes?: Uint8Array;
}

export class Handover {
  readonly #store: CaseStore;
  readonly #outbox: Outbox;
  readonly #onFault: (fault: KerbError) => void;
  #running: Promise<void> | null = null;
  #again = false;
  /** what goes into the lanes takes its turn here */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: CaseStore, outbox: Outbox, onFault: (fault: KerbError) => void) {
    this.#store = store;
    this.#outbox = outbox;
    this.#onFault = onFault;
  }

  /**
   * Hands over all that waits, or as much as the outbox takes; what it refuses stays for the next call.
   * Never rejects: faults are told. Calls while one is running join it.
   */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#exclusive(() => this.#drain()).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /**
   * Puts a picture that proves no case into the evidence lane: between two cases, never within one, so that a case's
   * note keeps telling where its records went.
   * @throws KerbError CASES_SNAPSHOT while a case is half handed over, or where the outbox refuses
   */
  put(of: string, picture: StoredPicture): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#store.intent()) throw snapshotFault('a case before it is not wholly there yet');
      try {
        for (const chunk of chunksOf(of, picture))
          await this.#outbox.append('evidence', { kind: 'evidence', ...chunk });
      } catch (error) {
        throw snapshotFault(oneLine(error), error);
      }
    });
  }

  #exclusive<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(body);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #drain(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        for (let next = this.#store.oldestWaiting(); next; next = this.#store.oldestWaiting()) {
          const items: Item[] = next.pictures.flatMap((picture) =>
            chunksOf(next!.id, picture).map((chunk) => ({ lane: 'evidence' as const, ...chunk })),
          );
          items.push({ lane: 'case', text: next.text });
          this.#store.handed(next.id, await this.#hand(next.id, items));
        }
      } catch (error) {
        this.#onFault(handoverFault(oneLine(error), error));
        return;
      }
    }
  }

  /** Appends what is missing of one case's records; gives the place of the last one, the case itself. */
  async #hand(caseId: string, items: readonly Item[]): Promise<Position> {
    let intent = this.#store.intent();
    let [done, last]: [number, Position | null] = [0, null];
    if (intent?.caseId === caseId) [done, last] = await this.#accepted(intent, items);
    for (; done < items.length; done++) {
      const { lane, ...record } = items[done]!;
      const { epoch, nextSeq: seq } = this.#outbox.lane(lane);
      if (!intent || !covers(intent, { caseId, lane, done, epoch, seq })) {
        intent = { caseId, done, lane, epoch, seq };
        this.#store.intend(intent);
      }
      last = await this.#outbox.append(lane, { kind: lane, ...record });
    }
    return { epoch: last!.epoch, seq: last!.seq };
  }

  /**
   * How many of a case's records the outbox has accepted, judged by the note made before they were appended, and where
   * the last of them lies. Records that others put there meanwhile are told apart while they are still held.
   */
  async #accepted(intent: Intent, items: readonly Item[]): Promise<[number, Position | null]> {
    const { lane, done, epoch } = intent;
    const log = this.#outbox.lane(lane);
    // Another epoch: the log that held them is gone. All pictures go again; the case record was still to come.
    if (log.epoch !== epoch) return [lane === 'evidence' ? 0 : done, null];
    const end = log.nextSeq;
    const isNext = (text?: string) =>
      items[count]?.lane === lane && (text === undefined || text === items[count]?.text);
    let [count, last]: [number, number | null] = [done, null];
    let seq = intent.seq;
    const took = () => {
      last = seq;
      count++;
    };
    for await (const record of log.read(intent.seq)) {
      if (record.seq >= end) break;
      // What is no longer held was acknowledged or evicted, so it had been accepted.
      for (; seq < record.seq; seq++) if (isNext()) took();
      if (isNext(record.text)) took();
      seq = record.seq + 1;
    }
    for (; seq < end; seq++) if (isNext()) took();
    return [count, last === null ? null : { epoch, seq: last }];
  }
}

/** Whether a note made earlier already tells where the next record goes. */
function covers(note: Intent, next: Intent): boolean {
  const expected = note.seq + next.done - note.done;
  return note.caseId === next.caseId && note.lane === next.lane && note.epoch === next.epoch && expected === next.seq;
}
