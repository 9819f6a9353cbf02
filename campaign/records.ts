// campaign: the records that the writer hands in, made from their number alone. So the ledger need only keep numbers,
// and any text that comes out at the centre can be compared byte for byte with what went in. Pure.
import { createHash } from 'node:crypto';
import { Random } from '../agent/main/drive/random.ts';
import type { NewRecord } from '../agent/outbox/index.ts';
import { type Lane, pointText, roundPoint } from '../contract/index.ts';

export const CITY = 'bozhou';
export const DEVICE = 'campaign-1';
/** Chunks of a picture are numbered picture * CHUNKS + chunk. */
export const CHUNKS = 4;
const CHUNK_BYTES = 12_000;
/** 1 June 2026, epoch ms: the time of point 0, one a second from there. */
const START = Date.UTC(2026, 5, 1);
/** What a careless copy would change: escapes, long characters, blanks, figures with a zero at the end. */
const ODD = ['"\\u00e9"', '"é中文"', '"\\/a\\\\b"', '1.50', '1e-7', '[ ]', '"\\ud83d\\ude80"', 'null', '"  "'];

/** A picture of its number: how many chunks (0: the case has none), its bytes, their SHA-256. */
export function picture(n: number): { chunks: number; bytes: Buffer; sha256: string } {
  const random = new Random(n, 7);
  const chunks = random.next() < 0.4 ? 1 + Math.floor(random.next() * CHUNKS) : 0;
  const length = chunks === 0 ? 0 : (chunks - 1) * CHUNK_BYTES + 1 + Math.floor(random.next() * CHUNK_BYTES);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4)
    bytes.fill(Math.floor(random.next() * 2 ** 32) & 0xff, at, Math.min(at + 4, length));
  return { chunks, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Record `n` of a lane. Of evidence: see CHUNKS. */
export function recordOf(lane: Lane, n: number): NewRecord {
  if (lane === 'alarm') return { kind: 'opaque', text: alarmText(n) };
  if (lane === 'case') return { kind: 'case', text: caseText(n) };
  if (lane === 'telemetry') return telemetryOf(n);
  return chunkOf(n);
}

/** The number of a record by what its text says; null where the campaign never made such a thing. */
export function numberOf(lane: Lane, text: string): number | null {
  const value = JSON.parse(text) as { n?: unknown; id?: unknown; at?: unknown; chunk?: unknown };
  const id = Number(String(value.id).slice(1));
  const number =
    lane === 'alarm'
      ? value.n
      : lane === 'case'
        ? id
        : lane === 'evidence'
          ? id * CHUNKS + Number(value.chunk)
          : (value.n ?? (Number(value.at) - START) / 1000);
  return Number.isSafeInteger(number) ? Number(number) : null;
}

function alarmText(n: number): string {
  const random = new Random(n, 1);
  const odd = ODD[Math.floor(random.next() * ODD.length)];
  return `{"n": ${n},"odd" : ${odd}, "pad":"${'x'.repeat(Math.floor(random.next() ** 4 * 4000))}"}`;
}

/** Most are points, and go packed; one in thirty is none, and goes as a line between them. */
function telemetryOf(n: number): NewRecord {
  const random = new Random(n, 2);
  if (n % 30 === 11) return { kind: 'opaque', text: `{"n":${n}, "odd":${ODD[n % ODD.length]}}` };
  const place = { mode: 3, lat: 33.84 + random.next() * 1e-3, lon: 115.77 + random.next() * 1e-3, alt: 37.2 };
  const fix = { track: random.next() * 360, hdop: 0.8, satellites: 9 + Math.floor(random.next() * 9) };
  const motion = { speed: random.next() * 20, speed_source: 1, speed_bus: null, odometer: n, engine_s: n, rpm: 900 };
  const rest = { fuel: 55.5, ignition: 1, lines: Math.floor(random.next() * 16), flags: 0, why: 0 };
  const point = roundPoint({ v: 1, kind: 'telemetry', at: START + n * 1000, ...place, ...fix, ...motion, ...rest });
  return { kind: 'telemetry', text: pointText(point) };
}

function caseText(n: number): string {
  const words = { zh: '机动车乱停放', en: 'illegal parking' };
  const { chunks, bytes, sha256 } = picture(n);
  const proof = {
    id: `p${n}`,
    role: 'proof',
    at: START + n,
    sha256,
    bytes: bytes.length,
    mime: 'image/jpeg',
    width: 1,
    height: 1,
    box: [0, 0, 1, 1],
    masked: { persons: 0 },
  };
  return JSON.stringify({
    v: 1,
    kind: 'case',
    id: `c${n}`,
    device: DEVICE,
    site: 'site-1',
    camera: 'camera-1',
    event: `e${n}`,
    at: START + n,
    until: START + n + 1,
    code: '09009',
    name: words,
    place: { lon: 115.7, lat: 33.8, text: words },
    zone: 'zone-1',
    zone_name: words,
    class: 'car',
    track: n,
    box: [0, 0, 1, 1],
    certainty: 0.9,
    rule: { id: 'r', limit_s: 30, dwell_s: 31, profile: 'p' },
    state: 'reported',
    evidence: chunks === 0 ? [] : [proof],
  });
}

function chunkOf(n: number): NewRecord {
  const [of, chunk] = [Math.floor(n / CHUNKS), n % CHUNKS];
  const { chunks, bytes, sha256 } = picture(of);
  const head = { v: 1, kind: 'evidence', id: `p${of}`, case: `c${of}`, chunk, of: chunks, sha256 };
  const text = JSON.stringify({ ...head, bytes: bytes.length, mime: 'image/jpeg' });
  return { kind: 'evidence', text, bytes: bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES) };
}
