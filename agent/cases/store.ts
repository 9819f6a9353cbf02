// agent/cases: what this box has reported, and how far each case has come. Cases and masked pictures come in; lists,
// open cases and what still has to be handed over go out. What a method has returned from is on disk.
// Calls block the caller for one commit (some milliseconds): a camera makes a handful of cases a day, so this room
// does not keep a thread for them. All pictures given here must be masked already.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Case, KerbError } from '../../contract/index.ts';
import { isBroken, openDatabase, storeFault } from './database.ts';
import type { Box, Position, StoredCase } from './types.ts';

/** A masked picture on its way out. */
export interface StoredPicture {
  readonly id: string;
  readonly sha256: string;
  readonly jpeg: Uint8Array;
}

/** What is being handed over: record number `done` of this case goes to this place in this lane. */
export interface Intent extends Position {
  readonly caseId: string;
  readonly done: number;
  readonly lane: 'case' | 'evidence';
}

/** Upper bound of one list. */
export const MAX_LIST = 1000;

type Row = Record<string, SQLInputValue>;

/** What makes two events the same kind of matter at the same zone. */
export function placeKey(thing: { code: string; site: string; camera: string; zone: string }): string {
  return [thing.code, thing.site, thing.camera, thing.zone].join('/');
}

/** The cases of one box: a folder's `cases.db`, or memory. */
export class CaseStore {
  readonly #dir: string | null;
  readonly #onFault: (fault: KerbError) => void;
  #db: DatabaseSync;

  /**
   * @param dir the folder of cases.db; null: memory, nothing is kept
   * @param onFault told CASES_DB_BROKEN: the file was broken, moved aside and begun anew
   * @throws KerbError CASES_DB_NEWER, CASES_DB_BUSY, CASES_DB_FAILED
   */
  constructor(dir: string | null, onFault: (fault: KerbError) => void = () => {}) {
    this.#dir = dir;
    this.#onFault = onFault;
    this.#db = openDatabase(dir, onFault);
  }

  /** The open cases of one code and zone with the box that anchors each, oldest first. */
  openAt(place: string): { id: string; box: Box }[] {
    return this.#all('SELECT id, x, y, width, height FROM cases WHERE place = ? ORDER BY seq', place).map((row) => ({
      id: String(row['id']),
      box: [Number(row['x']), Number(row['y']), Number(row['width']), Number(row['height'])],
    }));
  }

  /** Whether a case of this id is kept. */
  has(id: string): boolean {
    return this.#all('SELECT 1 FROM cases WHERE id = ?', id).length > 0;
  }

  /** An open case was seen again; older times change nothing. */
  seen(id: string, at: number): void {
    this.#run('UPDATE cases SET last_seen = ?2 WHERE id = ?1 AND last_seen < ?2', id, at);
  }

  /**
   * Keeps a new case and its pictures, all or nothing.
   * @param hand whether it is to be handed over to an outbox; without one the pictures' bytes are not kept here
   */
  add(made: Case, pictures: readonly StoredPicture[], hand: boolean): void {
    const [x, y, width, height] = made.box;
    this.#transaction(() => {
      this.#run(
        `INSERT INTO cases (id, place, x, y, width, height, last_seen, text, handed)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        made.id,
        placeKey(made),
        x,
        y,
        width,
        height,
        made.until,
        JSON.stringify(made),
        hand ? 0 : 1,
      );
      for (const { id, sha256, jpeg } of pictures) {
        this.#run(
          'INSERT INTO evidence (id, case_id, sha256, bytes, jpeg) VALUES (?, ?, ?, ?, ?)',
          id,
          made.id,
          sha256,
          jpeg.length,
          hand ? jpeg : null,
        );
      }
    });
  }

  /**
   * Cases newest first. With `after` the `limit` oldest of those that are newer than it, still newest first.
   * @returns null where `after` names no case
   */
  list(after: string | null, limit: number): StoredCase[] | null {
    const most = Math.max(0, Math.min(MAX_LIST, Math.floor(limit)));
    const columns = 'SELECT text, last_seen, upstream FROM cases';
    if (after === null) return this.#all(`${columns} ORDER BY seq DESC LIMIT ?`, most).flatMap(toStored);
    const from = this.#all('SELECT seq FROM cases WHERE id = ?', after)[0];
    if (!from) return null;
    const rows = this.#all(`${columns} WHERE seq > ? ORDER BY seq LIMIT ?`, Number(from['seq']), most);
    return rows.reverse().flatMap(toStored);
  }

  /** A case by its id, or null. */
  find(id: string): StoredCase | null {
    const rows = this.#all('SELECT text, last_seen, upstream FROM cases WHERE id = ?', id);
    return rows.flatMap(toStored)[0] ?? null;
  }

  /** How many cases are not yet wholly in the outbox. */
  get waiting(): number {
    return Number(this.#all('SELECT count(*) AS n FROM cases WHERE handed = 0')[0]?.['n']);
  }

  /** The oldest case that is not yet wholly in the outbox. */
  oldestWaiting(): { id: string; text: string; pictures: StoredPicture[] } | null {
    const row = this.#all('SELECT id, text FROM cases WHERE handed = 0 ORDER BY seq LIMIT 1')[0];
    if (!row) return null;
    const id = String(row['id']);
    const pictures = this.#all('SELECT id, sha256, jpeg FROM evidence WHERE case_id = ? ORDER BY number', id)
      .filter((picture) => picture['jpeg'] !== null)
      .map(({ id: name, sha256, jpeg }) => ({
        id: String(name),
        sha256: String(sha256),
        jpeg: jpeg as Uint8Array,
      }));
    return { id, text: String(row['text']), pictures };
  }

  intent(): Intent | null {
    const row = this.#all('SELECT * FROM intent')[0];
    if (!row) return null;
    return {
      caseId: String(row['case_id']),
      done: Number(row['done']),
      lane: row['lane'] === 'case' ? 'case' : 'evidence',
      epoch: String(row['epoch']),
      seq: Number(row['seq']),
    };
  }

  intend({ caseId, done, lane, epoch, seq }: Intent): void {
    this.#run(
      'INSERT OR REPLACE INTO intent (only_one, case_id, done, lane, epoch, seq) VALUES (1, ?, ?, ?, ?, ?)',
      caseId,
      done,
      lane,
      epoch,
      seq,
    );
  }

  /** All records of a case are in the outbox, the case itself at this place: its pictures' bytes are let go. */
  handed(id: string, { epoch, seq }: Position): void {
    this.#transaction(() => {
      this.#run('DELETE FROM intent');
      this.#run('UPDATE evidence SET jpeg = NULL WHERE case_id = ?', id);
      const upTo = Number(this.#all('SELECT up_to FROM acks WHERE epoch = ?', epoch)[0]?.['up_to'] ?? 0);
      const upstream = seq <= upTo ? 1 : 0;
      const set = 'UPDATE cases SET handed = 1, epoch = ?, lane_seq = ?, upstream = ? WHERE id = ?';
      this.#run(set, epoch, seq, upstream, id);
    });
  }

  /**
   * The centre has everything of the case lane up to `upTo`. Kept, so that an acknowledgement that overtakes the
   * bookkeeping here counts too.
   * @returns the cases that this acknowledges now
   */
  acknowledged(epoch: string, upTo: number): string[] {
    const old = this.#all('SELECT up_to FROM acks WHERE epoch = ?', epoch)[0];
    if (old && Number(old['up_to']) >= upTo) return [];
    return this.#transaction(() => {
      this.#run('DELETE FROM acks WHERE epoch <> ?', epoch);
      this.#run('INSERT OR REPLACE INTO acks (epoch, up_to) VALUES (?, ?)', epoch, upTo);
      const which = 'WHERE epoch = ? AND lane_seq <= ? AND upstream = 0';
      return this.#all(`UPDATE cases SET upstream = 1 ${which} RETURNING id`, epoch, upTo).map((row) =>
        String(row['id']),
      );
    });
  }

  /** What is known of a picture; its bytes only until it is in the outbox. */
  picture(id: string): { sha256: string; jpeg: Uint8Array | null } | null {
    const row = this.#all('SELECT sha256, jpeg FROM evidence WHERE id = ?', id)[0];
    return row ? { sha256: String(row['sha256']), jpeg: row['jpeg'] as Uint8Array | null } : null;
  }

  /** Ids of pictures whose bytes are still kept here. */
  keptPictures(): string[] {
    return this.#all('SELECT id FROM evidence WHERE jpeg IS NOT NULL ORDER BY number').map((row) => String(row['id']));
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#guard(() => this.#db.prepare(sql).run(...values));
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#db.prepare(sql).all(...values) as Row[]);
  }

  #transaction<T>(body: () => T): T {
    this.#guard(() => this.#db.exec('BEGIN IMMEDIATE'));
    try {
      const result = body();
      this.#guard(() => this.#db.exec('COMMIT'));
      return result;
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** A file that breaks while in use is begun anew too; the call at hand fails and may be made again. */
  #guard<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      const where = this.#dir === null ? 'cases in memory' : `${this.#dir}/cases.db`;
      if (this.#dir !== null && isBroken(error)) {
        this.close();
        this.#db = openDatabase(this.#dir, this.#onFault);
      }
      throw storeFault(error, where);
    }
  }
}

/** A row whose text no longer reads (the disk changed it) costs the others nothing. */
function toStored(row: Row): StoredCase[] {
  try {
    const kept = JSON.parse(String(row['text'])) as Case;
    const upstream = row['upstream'] === 1 ? 'acknowledged' : 'waiting';
    return [{ case: kept, lastSeen: Number(row['last_seen']), upstream }];
  } catch {
    return [];
  }
}
