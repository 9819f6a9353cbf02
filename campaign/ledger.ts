// campaign: what the box said it had accepted, kept by the one process that is never killed. In: its lines. Out: which
// number lies where. Never: a record struck off.
import { isLane, type Lane } from '../contract/index.ts';

export const keyOf = (lane: string, epoch: string, seq: number): string => `${lane}/${epoch}/${seq}`;

export class Ledger {
  /** place -> number of the record */
  readonly accepted = new Map<string, number>();
  readonly count: Record<Lane, number> = { alarm: 0, case: 0, telemetry: 0, evidence: 0 };
  /** refusals by lane and code */
  readonly refused = new Map<string, number>();
  /** the last of them */
  refusals: string[] = [];
  /** places that were given to two records */
  readonly twice: string[] = [];
  /** records accepted or refused */
  settled = 0;
  /** ms (performance.now) of the last acceptance */
  last = 0;

  /** Takes a line "A lane epoch seq number" or "R lane code number"; false for any other. */
  take(line: string): boolean {
    const [what, lane, where, ...rest] = line.split(' ');
    if (!lane || !isLane(lane) || !where) return false;
    if (what === 'R' || what === 'A') this.settled++;
    if (what === 'R') {
      const key = `${lane} ${where}`;
      this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
      this.refusals = [...this.refusals.slice(-9), line];
      return true;
    }
    if (what !== 'A') return false;
    const [seq, number] = rest.map(Number) as [number, number];
    const key = keyOf(lane, where, seq);
    const before = this.accepted.get(key);
    if (before !== undefined && before !== number) this.twice.push(`${key}: ${before} and ${number}`);
    this.accepted.set(key, number);
    this.count[lane]++;
    this.last = performance.now();
    return true;
  }
}
