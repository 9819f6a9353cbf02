// agent/local: which cases are open, for flows that start late. In: cases and whether they are open. Out: the contract's
// short form of one, and the list of all. Never: more than the newest thousand. Pure.
import { type Case, type LocalCase, type LocalOpen, MAX_LOCAL_OPEN } from '../../contract/index.ts';

/** Open cases that are remembered; beyond, the oldest is forgotten. */
const MAX_REMEMBERED = 1000;

export class OpenCases {
  readonly #open = new Map<string, LocalCase>();

  /** Takes a case in its state. @returns what flows are told; null where that is what they were told before */
  set(value: Case, open: boolean): LocalCase | null {
    const { id, code, at, until, camera, zone, class: what, name } = value;
    const local: LocalCase = {
      v: 1,
      kind: 'local-case',
      open,
      id,
      code,
      at,
      until,
      camera,
      zone,
      class: what,
      name,
    };
    if (open) {
      if (JSON.stringify(this.#open.get(id)) === JSON.stringify(local)) return null;
      this.#open.set(id, local);
    } else this.#open.delete(id);
    for (const first of this.#open.keys()) {
      if (this.#open.size <= MAX_REMEMBERED) break;
      this.#open.delete(first);
    }
    return local;
  }

  list(): LocalOpen {
    const cases = [...this.#open.values()];
    return {
      v: 1,
      kind: 'local-open',
      cases: cases.slice(-MAX_LOCAL_OPEN),
      more: Math.max(0, cases.length - MAX_LOCAL_OPEN),
    };
  }
}
