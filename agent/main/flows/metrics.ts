// agent/main/flows: figures of flows and output lines for Prometheus, read from the state at each scrape.
import type { Gauge } from 'prom-client';
import type { State } from '../../console/api.ts';

type MakeGauge = (name: string, help: string, labels: string[], collect: (gauge: Gauge) => void) => unknown;

/** A box without flows shows none of theirs. */
export function flowsMetrics(gauge: MakeGauge, state: () => State): void {
  gauge('flows_running', '1 while flows run; 0 also in safe mode', [], (g) => {
    const { flows } = state();
    if (flows) g.set(flows.state === 'running' ? 1 : 0);
  });
  gauge('flows_memory_bytes', 'resident memory of the process of flows', [], (g) => {
    const rss = state().flows?.rss ?? null;
    if (rss !== null) g.set(rss);
  });
  gauge('flows_ends', 'times in a row that these flows ended their process', [], (g) => {
    const { flows } = state();
    if (flows) g.set(flows.ends);
  });
  gauge('output_on', '1 while the output line is on', ['output'], (g) => {
    for (const line of state().outputs) g.set({ output: line.id }, line.state);
  });
}
