// agent/main/flows: how the flows are, from their heartbeats. In: what they say of themselves, or that they are gone.
// Out: their state for page, health and metrics. Pure: times come in.
import type { FlowsAlive } from '../../../contract/index.ts';
import type { FlowsState } from '../../console/api-flows.ts';

/** A start that takes longer than this is none, ms. */
export const START_MS = 30_000;

type Fault = FlowsState['faults'][number];

export class FlowsWatch {
  readonly #started: number;
  #alive: FlowsAlive = { v: 1, online: false };
  #seen = false;
  /** epoch ms of the last change between the states */
  #since: number;
  /** ends in a row that were known last */
  #ends = 0;
  #goneAt: number | null = null;
  #lastEnd: FlowsState['last_end'] = null;
  #own: Fault[] = [];

  /** @param now epoch ms */
  constructor(now: number) {
    this.#started = now;
    this.#since = now;
  }

  /** The agent's own side failed (no port, no disk), or is well again (null). */
  failed(fault: Fault | null): void {
    this.#own = fault === null ? [] : [fault];
  }

  take(alive: FlowsAlive, now: number): void {
    const before = this.#kind(now);
    if (!alive.online) {
      if (this.#alive.online) this.#goneAt = now;
    } else {
      const { count, last = '' } = alive.ends;
      if (count > this.#ends) this.#lastEnd = { at: this.#goneAt ?? alive.since, reason: last };
      // the flow was mended, or has run well for long
      if (count === 0) this.#lastEnd = null;
      this.#ends = count;
      this.#seen = true;
    }
    this.#alive = alive;
    if (this.#kind(now) !== before) this.#since = now;
  }

  get alive(): FlowsAlive {
    return this.#alive;
  }

  #kind(now: number): FlowsState['state'] {
    const alive = this.#alive;
    if (!alive.online) return this.#seen || now - this.#started > START_MS ? 'gone' : 'starting';
    if (alive.safe) return 'safe';
    if (alive.running) return 'running';
    return alive.faults.length > 0 || now - alive.since > START_MS ? 'stopped' : 'starting';
  }

  state(now: number): FlowsState {
    const alive = this.#alive;
    const common = { state: this.#kind(now), since: Math.round(this.#since), last_end: this.#lastEnd };
    if (!alive.online) {
      const nothing = { node_red: null, rss: null, nodes: 0, ends: 0, dropped: 0, refused: 0 };
      return { ...common, ...nothing, faults: [...this.#own], editor: { open: false, url: null, until: null } };
    }
    const { open, port, until } = alive.editor;
    return {
      ...common,
      node_red: alive.node_red,
      rss: alive.rss,
      nodes: alive.nodes,
      ends: alive.ends.count,
      dropped: alive.dropped,
      refused: alive.refused,
      faults: [...this.#own, ...alive.faults],
      editor: {
        open,
        url: open && port !== undefined ? editorUrl(port) : null,
        until: open && until !== undefined ? until : null,
      },
    };
  }
}

export const editorUrl = (port: number): string => `http://127.0.0.1:${port}/`;
