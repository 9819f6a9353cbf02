// agent/main: the uplink's figures for Prometheus.
import type { Gauge } from 'prom-client';
import { LANES } from '../../contract/index.ts';
import type { UplinkCounters } from '../uplink/index.ts';

type MakeGauge = (name: string, help: string, labels: string[], collect: (gauge: Gauge) => void) => void;

/** @param counters null: this box has no way upstream */
export function uplinkMetrics(gauge: MakeGauge, counters: () => UplinkCounters | null): void {
  const lanes = (pick: (lane: UplinkCounters['lanes']['case']) => number) => (g: Gauge) => {
    const all = counters()?.lanes;
    if (all) for (const lane of LANES) g.set({ lane }, pick(all[lane]));
  };
  gauge(
    'uplink_records',
    'records sent since the start, those sent again too',
    ['lane'],
    lanes(({ records }) => records),
  );
  gauge(
    'uplink_records_again',
    'of them, sent again for want of an acknowledgement',
    ['lane'],
    lanes(({ resent }) => resent),
  );
  gauge('uplink_wire_bytes_today', 'bytes of this UTC day with headers of TLS, TCP and IP, by lane', ['lane'], (g) => {
    const today = counters()?.days.at(-1);
    if (today) for (const [lane, bytes] of Object.entries(today.bytes)) g.set({ lane }, bytes);
  });
  gauge(
    'uplink_events',
    'sessions, refusals of the broker and bad messages from above since the start',
    ['what'],
    (g) => {
      const now = counters();
      if (!now) return;
      for (const what of ['sessions', 'refused', 'bad_down'] as const) g.set({ what }, now[what]);
    },
  );
  gauge('uplink_drain_rate_bytes', 'what the centre allows, bytes a second; absent: no bound', [], (g) => {
    const rate = counters()?.drain_rate ?? null;
    if (rate !== null) g.set(rate);
  });
}
