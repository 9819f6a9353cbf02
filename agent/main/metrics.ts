// agent/main: the agent's figures for Prometheus, read from the state at each scrape.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { CommandCounters } from '../commands/index.ts';
import type { State } from '../console/api.ts';
import type { UplinkCounters } from '../uplink/index.ts';
import { flowsMetrics } from './flows/metrics.ts';
import { updateMetrics } from './updates/metrics.ts';
import { uplinkMetrics } from './uplink-metrics.ts';

/** A registry whose gauges are filled from `state()` whenever they are asked for. */
export function agentMetrics(
  state: () => State,
  faults: () => [string, number][],
  commands: () => CommandCounters | null,
  uplink: () => UplinkCounters | null,
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labels: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name: `kerbside_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  const cameras = (pick: (camera: State['cameras'][number]) => number) => (g: Gauge) => {
    for (const camera of state().cameras) g.set({ camera: camera.id }, pick(camera));
  };
  gauge(
    'camera_live',
    '1 while the camera gives frames',
    ['camera'],
    cameras((c) => (c.state === 'live' ? 1 : 0)),
  );
  gauge(
    'camera_looks_per_second',
    'looks over the last seconds',
    ['camera'],
    cameras((c) => c.looks_per_s),
  );
  gauge(
    'camera_crops_per_second',
    'regions that looks enlarged over the last seconds',
    ['camera'],
    cameras((c) => c.crops_per_s),
  );
  gauge(
    'camera_frames_per_second',
    'frames over the last seconds',
    ['camera'],
    cameras((c) => c.frames_per_s),
  );
  gauge(
    'camera_look_milliseconds',
    'median of an inference of a base look',
    ['camera'],
    cameras((c) => c.look_ms),
  );
  gauge(
    'camera_looks_skipped',
    'looks that were due while all workers were busy',
    ['camera'],
    cameras((c) => c.skipped),
  );
  const lanes = (pick: (lane: State['outbox'][number]) => number) => (g: Gauge) => {
    for (const lane of state().outbox) g.set({ lane: lane.lane }, pick(lane));
  };
  gauge(
    'outbox_waiting_records',
    'records that the centre has not acknowledged',
    ['lane'],
    lanes((l) => l.waiting),
  );
  gauge(
    'outbox_waiting_bytes',
    'their bytes',
    ['lane'],
    lanes((l) => l.bytes),
  );
  gauge('outbox_gone_records', 'accepted records lost for good, since the lane was made', ['lane', 'reason'], (g) => {
    for (const { lane, gone } of state().outbox) {
      for (const [reason, count] of Object.entries(gone)) g.set({ lane, reason }, count);
    }
  });
  gauge('link_online', '1 while the session to the broker is up', [], (g) => {
    g.set(state().link.state === 'online' ? 1 : 0);
  });
  uplinkMetrics(gauge, uplink);
  updateMetrics(gauge, state);
  flowsMetrics(gauge, state);
  gauge('commands', 'commands of the centre since the start, by what became of them', ['end'], (g) => {
    const { ended = {}, repeated = 0, bad = 0 } = commands() ?? {};
    for (const [end, count] of Object.entries({ ...ended, repeated, bad })) g.set({ end }, count);
  });
  gauge('faults', 'faults since the start, by part and code', ['kind'], (g) => {
    for (const [kind, count] of faults()) g.set({ kind }, count);
  });
  return registry;
}
