// centre: numbers for Prometheus. Names are stable; labels are few and never come from outside.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Reject } from './decode.ts';
import type { Stored } from './store.ts';

export class Metrics {
  readonly registry = new Registry();
  readonly #messages = this.#counter('kerb_centre_messages_total', 'messages stored');
  readonly #records = this.#counter('kerb_centre_records_total', 'records stored for the first time');
  readonly #duplicates = this.#counter('kerb_centre_duplicates_total', 'records that were known already');
  readonly #cases = this.#counter('kerb_centre_cases_total', 'cases stored');
  readonly #alarms = this.#counter('kerb_centre_alarms_total', 'alarms that came in time');
  readonly #lateAlarms = this.#counter('kerb_centre_late_alarms_total', 'alarms that came late, kept as history');
  readonly #pictures = this.#counter('kerb_centre_pictures_total', 'pictures that became whole');
  readonly #replies = this.#counter('kerb_centre_replies_total', 'commands that were answered');
  readonly #rejects = new Counter({
    name: 'kerb_centre_rejects_total',
    help: 'lines and messages that were refused, by kind',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly #commit = new Histogram({
    name: 'kerb_centre_commit_seconds',
    help: 'duration of a transaction',
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    registers: [this.registry],
  });

  /** @param online whether the broker is connected now */
  constructor(online: () => boolean) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'kerb_centre_broker_online',
      help: '1 while the broker is connected',
      registers: [this.registry],
      collect() {
        this.set(online() ? 1 : 0);
      },
    });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  stored(stored: Stored, messages: number, ms: number): void {
    const { fresh, duplicates, cases, alarms, pictures, replies, rejects } = stored;
    this.#messages.inc(messages);
    this.#records.inc(fresh);
    this.#duplicates.inc(duplicates);
    this.#cases.inc(cases);
    this.#alarms.inc(alarms.live.length);
    this.#lateAlarms.inc(alarms.late);
    this.#pictures.inc(pictures);
    this.#replies.inc(replies);
    for (const { kind } of rejects) this.#rejects.inc({ kind });
    this.#commit.observe(ms / 1000);
  }

  rejected({ kind }: Reject): void {
    this.#rejects.inc({ kind });
  }
}
