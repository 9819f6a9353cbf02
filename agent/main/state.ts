// agent/main: the state of the whole box as the page shows it, gathered from every part. Keeps figures, decides nothing.
import { LANES } from '../../contract/index.ts';
import type { Box } from '../config/box.ts';
import type { State, UpdatesState, VehicleState } from '../console/api.ts';
import type { SiteState } from '../console/api-site.ts';
import type { Clock } from '../health/clock.ts';
import { type Check, examine } from '../health/doctor.ts';
import type { Outbox } from '../outbox/index.ts';
import type { UplinkCounters, UplinkState } from '../uplink/index.ts';
import type { RunningCamera } from './camera.ts';
import { flowsHealth } from './flows/health.ts';
import type { Wired } from './flows/open.ts';
import { healthLines } from './health.ts';
import { modelFiles } from './model.ts';
import type { LiveTrial } from './trial/live-trial.ts';
import { updatesState } from './updates/state.ts';
import { VERSION } from './version.ts';

const OUTBOX_EVERY_MS = 1000;
const CHECKS_EVERY_MS = 60_000;

export interface StateOptions {
  readonly box: Box;
  readonly roles: State['roles'];
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly uplink: { state(): UplinkState; counters(): UplinkCounters } | null;
  readonly cache: string;
  readonly data: string;
}

export class StateKeeper {
  readonly #options: StateOptions;
  readonly #started: number;
  cameras: readonly RunningCamera[] = [];
  site: { readonly state: SiteState } | null = null;
  looks: Pick<LiveTrial, 'state'> | null = null;
  vehicle: { state(): VehicleState } | null = null;
  wired: Pick<Wired, 'outputs'> & { flows: { state(): State['flows'] } | null } = { flows: null, outputs: () => [] };
  updates: () => UpdatesState = () => updatesState({ commit: null, slot: null }, null, null);
  demo = false;
  /** told when something changed that a page should not learn a second late */
  onChange: (state: State) => void = () => {};
  #outbox: State['outbox'] = [];
  #checks: Check[] = [];
  #timers: NodeJS.Timeout[] = [];

  constructor(options: StateOptions) {
    this.#options = options;
    this.#started = options.clock.wall();
  }

  async start(): Promise<void> {
    await this.#countOutbox();
    await this.#examine();
    this.#timers = [
      setInterval(() => void this.#countOutbox().catch(() => {}), OUTBOX_EVERY_MS),
      setInterval(() => void this.#examine(), CHECKS_EVERY_MS),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  changed(): void {
    this.onChange(this.state());
  }

  async #countOutbox(): Promise<void> {
    this.#outbox = await Promise.all(
      LANES.map(async (lane) => {
        const { waiting, bytes, oldest, gone } = await this.#options.outbox.lane(lane).stats();
        // segments are freed whole: what they still hold of acknowledged records does not wait
        return { lane, waiting, bytes: waiting === 0 ? 0 : bytes, oldest, gone };
      }),
    );
  }

  async #examine(): Promise<void> {
    const { clock, cache, data, box } = this.#options;
    const files = () => (box.camera && !box.camera.model ? modelFiles(cache) : Promise.resolve([]));
    this.#checks = await examine({
      home: data,
      cache,
      path: process.env['PATH'] ?? '',
      clock,
      tests: false,
      modelFiles: files,
    });
  }

  state(): State {
    const { box, clock, uplink } = this.#options;
    const now = Math.round(clock.wall());
    const link: State['link'] = uplink
      ? { ...uplink.state(), ...linkFigures(uplink.counters()) }
      : { state: 'none', since: Math.round(this.#started), broker: '' };
    const state: Omit<State, 'health'> = {
      device: box.device,
      city: box.city,
      version: VERSION,
      roles: this.#options.roles,
      now,
      started: Math.round(this.#started),
      demo: this.demo,
      clock: { quality: clock.quality() },
      link,
      outbox: this.#outbox,
      cameras: this.cameras.map((camera) => camera.state()),
      site: this.site?.state ?? null,
      vehicle: this.vehicle?.state() ?? null,
      outputs: this.wired.outputs(),
      flows: this.wired.flows?.state() ?? null,
      updates: this.updates(),
      looker: this.looks?.state() ?? null,
    };
    const wired = flowsHealth(state.flows, state.outputs, now);
    return { ...state, health: [...healthLines(state, this.#checks), ...wired] };
  }
}

/** Days of traffic that a state tells. */
const TRAFFIC_DAYS = 7;

function linkFigures({ drain_rate, days }: UplinkCounters): Pick<State['link'], 'drain_rate' | 'traffic'> {
  return { drain_rate, traffic: days.slice(-TRAFFIC_DAYS).map(({ day, bytes }) => ({ day, bytes })) };
}
