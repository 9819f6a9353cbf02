// centre: what boxes report of their updates. In: reports that are new and were signed by the key they carry, in one
// transaction with their records. Out: each device's newest word, and a history of all of them. The first key that a
// device signs with is pinned. A report that was overtaken on its way is history; one whose counter was told before is a
// replay. May never happen: another key, or a counter that does not rise, changes what is shown as a device's state.
import type { Queryable } from './db.ts';
import type { Incoming, Reject } from './decode.ts';
import type { SignedReport } from './decode-report.ts';

interface State {
  key: string | null;
  counter: number | null;
}

type Verdict = 'taken' | 'late' | 'key' | 'replay';

/**
 * Stores new reports, and counts on each device's line those that were refused before they came here.
 * @returns what was refused here: a replay, another key
 */
export async function storeReports(
  tx: Queryable,
  fresh: readonly Incoming[],
  refused: readonly Reject[],
  now: number,
): Promise<Reject[]> {
  const reports = fresh.filter((record) => record.report !== null);
  const before = refused.filter(({ device, kind }) => device !== '' && kind === 'report');
  // In one order always, so that two centres at one server cannot wait for each other.
  const devices = [...new Set([...reports, ...before].map(({ device }) => device))].sort();
  const rejects: Reject[] = [];
  for (const device of devices) {
    const state = await lockState(tx, device);
    const mine = reports.filter((record) => record.device === device).sort((a, b) => a.seq - b.seq);
    for (const record of mine) {
      const why = await storeOne(tx, record, record.report!, state, now);
      if (why) rejects.push({ device, kind: 'report', why });
    }
    const all = [...before, ...rejects].filter((reject) => reject.device === device);
    const last = all.at(-1);
    if (!last) continue;
    await tx.query(
      'update report_state set refused = refused + $2, refused_at = $3, refused_why = $4 where device = $1',
      [device, all.length, now, last.why.replaceAll('\0', '').toWellFormed()],
    );
  }
  return rejects;
}

async function lockState(tx: Queryable, device: string): Promise<State> {
  await tx.query('insert into report_state (device) values ($1) on conflict do nothing', [device]);
  const [state] = await tx.query<State>(
    'select key, counter::float8 as counter from report_state where device = $1 for update',
    [device],
  );
  return state ?? { key: null, counter: null };
}

/** Stores one report; what is wrong with it, or null. Moves `state` along. */
async function storeOne(
  tx: Queryable,
  { device, epoch, seq }: Incoming,
  { body, text, key }: SignedReport,
  state: State,
  now: number,
): Promise<string | null> {
  const verdict = await judge(tx, device, body.counter, key, state);
  await tx.query(
    `insert into reports (device, epoch, seq, counter, at, received, key, verdict) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [device, epoch, seq, body.counter, body.at, now, key, verdict],
  );
  if (verdict === 'key') {
    await tx.query('update report_state set other_key = $2, other_at = $3 where device = $1', [device, key, now]);
    return `report ${body.counter}: signed by another key than the one this device began with`;
  }
  if (verdict === 'replay') return `report ${body.counter}: it was told before, and comes again as another record`;
  if (verdict === 'late') return null;
  await tx.query(
    `update report_state set key = $2, key_since = coalesce(key_since, $3), counter = $4, body = $5, received = $3
     where device = $1`,
    [device, key, now, body.counter, text],
  );
  state.key = key;
  state.counter = body.counter;
  return null;
}

async function judge(tx: Queryable, device: string, counter: number, key: string, state: State): Promise<Verdict> {
  if (state.key !== null && state.key !== key) return 'key';
  if (state.counter === null || counter > state.counter) return 'taken';
  const seen = 'select 1 from reports where device = $1 and counter = $2 and key = $3 limit 1';
  const [told] = await tx.query(seen, [device, counter, key]);
  return told ? 'replay' : 'late';
}
