// centre: a packed telemetry message -> its records, as if each had come as a line. Pure. A batch that cannot be read but
// says which records it holds is stored as rejected: its first record keeps the message itself, so that nothing is lost
// and the lane goes on. One that does not even say that is counted and dropped; its box sends it again.
import { decodeBatch, MAX_RECORD_BYTES, PACKED_MARK, pointText, type UpTopic } from '../contract/index.ts';
import type { Decoded, Incoming, RejectKind } from './decode.ts';

/** Whether this is a packed message; lines begin with "{". */
export function isPacked(at: UpTopic, payload: Buffer): boolean {
  return at.what === 'lane' && at.lane === 'telemetry' && payload[0] === PACKED_MARK;
}

/** Adds what the message holds to `out`. Never throws. */
export function decodePacked(at: UpTopic, payload: Buffer, out: Decoded): void {
  const { city } = at;
  const refuse = (kind: RejectKind, why: string) => {
    out.rejects.push({ device: at.device, kind, why });
  };
  const batch = decodeBatch(payload);
  if ('error' in batch) {
    refuse('batch', batch.error);
    const { claims } = batch;
    if (!claims || claims.device !== at.device) return;
    const base64 = JSON.stringify({ batch: payload.toString('base64') });
    const whole = base64.length <= MAX_RECORD_BYTES ? base64 : 'null';
    const { count, first, ...lane } = claims;
    const unknown = { at: 0, boot: '', mono: 0, clock: 'unknown' as const, ...bare(city, batch.error) };
    for (let i = 0; i < count; i++) {
      out.records.push({ ...lane, lane: 'telemetry', seq: first + i, text: i === 0 ? whole : 'null', ...unknown });
    }
    return;
  }
  if (batch.device !== at.device) {
    refuse('device', `a batch of device ${batch.device}`);
    return;
  }
  const { device, epoch, low, clock, first, anchor } = batch;
  // Postgres has no NUL in its texts.
  const head = {
    device,
    lane: 'telemetry' as const,
    epoch,
    low,
    boot: batch.boot.replaceAll('\0', ''),
    clock,
    ...(anchor ? { anchor } : {}),
  };
  batch.records.forEach((record, i) => {
    const stamp = { seq: first + i, at: record.accepted, mono: record.mono };
    if ('point' in record) {
      const { point } = record;
      const text = pointText(point);
      const known = {
        kind: 'telemetry' as const,
        text,
        rejected: null,
        chunk: null,
        caseId: null,
        report: null,
        point,
      };
      out.records.push({ ...head, ...stamp, city, ...known });
    } else {
      refuse('schema', record.error);
      out.records.push({ ...head, ...stamp, text: record.text, ...bare(city, record.error) });
    }
  });
}

function bare(
  city: string,
  rejected: string,
): Pick<Incoming, 'city' | 'kind' | 'rejected' | 'chunk' | 'caseId' | 'point' | 'report'> {
  return { city, kind: 'rejected', rejected, chunk: null, caseId: null, report: null, point: null };
}
