// centre: each device with what is wanted of it, what it runs and what came of it, out of its newest report that was
// believed. What a device that has not reported should run is told from the repository: for the eye only.
import {
  type ReportBody,
  type ReportItem,
  reportBodySchema,
  type Status,
  statusSchema,
  type TargetKind,
} from '../contract/index.ts';
import type { Queryable } from './db.ts';
import type { Offered } from './offer.ts';

/** Devices that are listed at once. */
export const MOST_DEVICES = 1000;

interface Row {
  device: string;
  city: string;
  online: boolean;
  heard: number;
  status: string | null;
  key: string | null;
  key_since: number | null;
  body: string | null;
  received: number | null;
  other_key: string | null;
  other_at: number | null;
  refused: number | null;
  refused_at: number | null;
  refused_why: string | null;
}

/** A thing at a version. counter null: it came with the installation, not by an update. */
export interface Thing {
  kind: TargetKind;
  name: string;
  version: string;
  counter: number | null;
}

export type DeviceItem = Omit<ReportItem, 'result' | 'at'> & {
  /** null: the device has not said */
  result: ReportItem['result'] | null;
  at: number | null;
};

/** Devices by id, those after `after`. */
export async function listDevices(db: Queryable, offered: readonly Offered[], after: string, limit: number) {
  const rows = await db.query<Row>(
    `select d.device, d.city, d.online, d.seen as heard, d.status, s.key, s.key_since, s.body, s.received,
       s.other_key, s.other_at, s.refused::float8 as refused, s.refused_at, s.refused_why
     from devices d left join report_state s on s.device = d.device
     where d.device > $1 order by d.device limit $2`,
    [after, limit],
  );
  return rows.map((row) => deviceOf(row, offered));
}

export type Device = ReturnType<typeof deviceOf>;

function deviceOf(row: Row, offered: readonly Offered[]) {
  const { device, city, online, heard } = row;
  const status = read(row.status, statusSchema);
  const body = read(row.body, reportBodySchema);
  const items: DeviceItem[] = body?.items ?? expected(offered, status);
  const last = lastOf(body?.items ?? []);
  const things = (which: 'wanted' | 'running'): Thing[] =>
    items.flatMap(({ kind, name, [which]: thing }) => (thing ? [{ kind, name, ...thing }] : []));
  const distrusted = row.refused_at !== null && row.refused_at > (row.received ?? 0);
  const word = judged(body, last, distrusted ? row.refused_why : null);
  return {
    device,
    city,
    online,
    heard,
    version: status?.version ?? null,
    slot: body?.slot ?? null,
    wanted: things('wanted'),
    running: things('running'),
    ...word,
    items,
    report: body && { at: body.at, received: row.received, counter: body.counter, clock: body.clock },
    versions: body?.versions ?? null,
    fault: body?.fault ?? null,
    key: row.key === null ? null : { sha256: row.key, since: row.key_since },
    otherKey: row.other_key === null ? null : { sha256: row.other_key, at: row.other_at },
    refused: row.refused ? { count: row.refused, at: row.refused_at, why: row.refused_why } : null,
  };
}

/** The item that came to its result last; of several at once the one that needs a look. */
function lastOf(items: readonly ReportItem[]): ReportItem | null {
  const calm = ({ result }: ReportItem) => (result === 'success' ? 0 : 1);
  return [...items].sort((a, b) => b.at - a.at || calm(b) - calm(a))[0] ?? null;
}

/** The device's last result, and why in words. */
function judged(body: ReportBody | null, last: ReportItem | null, distrusted: string | null) {
  if (distrusted !== null) {
    return { result: null, code: 'REPORT_REFUSED', reason: `what it sent last was not believed: ${distrusted}` };
  }
  if (!body) return { result: null, code: null, reason: 'it has not reported yet' };
  if (body.fault) return { result: 'failed' as const, code: body.fault.code, reason: body.fault.what };
  return { result: last?.result ?? null, code: last?.code ?? null, reason: last?.reason ?? null };
}

/** The newest of each kind that a device of these roles has a use for. */
function expected(offered: readonly Offered[], status: Status | null): DeviceItem[] {
  const newest = new Map<TargetKind, Offered>();
  for (const good of offered) {
    if (good.kind === 'model' && status && !status.roles.includes('camera')) continue;
    if (good.counter > (newest.get(good.kind)?.counter ?? 0)) newest.set(good.kind, good);
  }
  return [...newest.values()].map(({ kind, name, version, counter }) => {
    return { kind, name, wanted: { version, counter }, running: null, result: null, at: null };
  });
}

function read<T>(text: string | null, schema: { safeParse(value: unknown): { data?: T | undefined } }): T | null {
  return text === null ? null : (schema.safeParse(JSON.parse(text)).data ?? null);
}
