// agent/main/updates: figures of updates for Prometheus, read from the state at each scrape.
import type { Gauge } from 'prom-client';
import { REPORT_RESULTS } from '../../../contract/index.ts';
import type { State } from '../../console/api.ts';

type MakeGauge = (name: string, help: string, labels: string[], collect: (gauge: Gauge) => void) => unknown;

/** A box without a repository shows none of them. */
export function updateMetrics(gauge: MakeGauge, state: () => State): void {
  const repository = () => state().updates.repository;
  gauge('update_last_success_seconds', 'when the repository last answered with something valid, epoch', [], (g) => {
    const at = repository()?.last_success ?? null;
    if (at !== null) g.set(at / 1000);
  });
  gauge('update_fault', '1 while the repository cannot be read, by code', ['code'], (g) => {
    const fault = repository()?.fault;
    if (fault) g.set({ code: fault.code }, 1);
  });
  gauge('update_timestamp_version', 'of the newest verified metadata', [], (g) => {
    const versions = repository()?.versions;
    if (versions) g.set(versions.timestamp);
  });
  gauge('update_wanted_counter', 'publishing that is wanted', ['kind', 'name'], (g) => {
    for (const { kind, name, wanted } of repository()?.items ?? []) if (wanted) g.set({ kind, name }, wanted.counter);
  });
  gauge('update_running_counter', 'publishing that runs; 0: none', ['kind', 'name'], (g) => {
    for (const { kind, name, running } of repository()?.items ?? []) g.set({ kind, name }, running?.counter ?? 0);
  });
  gauge('update_result', '1 for the result of each thing', ['kind', 'name', 'result'], (g) => {
    for (const { kind, name, result } of repository()?.items ?? []) {
      for (const one of REPORT_RESULTS) g.set({ kind, name, result: one }, one === result ? 1 : 0);
    }
  });
}
