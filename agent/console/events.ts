// agent/console: the stream of server-sent events. In: page events of the sources. Out: each open page gets them.
// Never: an unbounded queue. A slow page skips frames, states and the vehicle's words (only the newest waits), but no
// case; a page that takes nothing for long, or would miss a case, is cut off and comes back by itself, asking anew.
import type { ServerResponse } from 'node:http';
import type { ConsoleSources, PageEvent } from './api.ts';

/** Pages that may be open at once. */
const MAX_CLIENTS = 32;
/** Cases that may wait for one slow page. */
const MAX_CASES = 256;
/** Milliseconds: how often a sign of life is sent at least, and how long a page may take nothing. */
const BEAT_MS = 10_000;
const STUCK_MS = 20_000;

const line = (event: PageEvent): string => `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;

/** One open page. Writes at once while the socket takes it, else keeps the newest of each kind until it drains. */
export class Client {
  readonly #out: ServerResponse;
  #blocked = false;
  #frames = new Map<string, string>();
  /** the state and the vehicle's word, in the order in which they were said */
  #newest = new Map<'state' | 'vehicle', string>();
  #cases: string[] = [];
  #stuck: NodeJS.Timeout | undefined;
  /** frames, states and words of the vehicle that this page never got */
  dropped = 0;

  constructor(out: ServerResponse) {
    this.#out = out;
    out.on('drain', () => this.#drain());
    out.on('close', () => clearTimeout(this.#stuck));
  }

  send(event: PageEvent): void {
    const text = line(event);
    if (!this.#blocked) {
      this.#write(text);
      return;
    }
    if (event.event === 'case') {
      this.#cases.push(text);
      if (this.#cases.length > MAX_CASES) this.#out.destroy();
    } else if (event.event === 'frame') {
      if (this.#frames.has(event.data.camera)) this.dropped++;
      this.#frames.set(event.data.camera, text);
    } else {
      if (this.#newest.delete(event.event)) this.dropped++;
      this.#newest.set(event.event, text);
    }
  }

  beat(): void {
    if (!this.#blocked) this.#write(': beat\n\n');
  }

  end(): void {
    clearTimeout(this.#stuck);
    this.#out.end();
  }

  #write(text: string): void {
    if (this.#out.destroyed || this.#out.write(text)) return;
    this.#blocked = true;
    this.#stuck = setTimeout(() => this.#out.destroy(), STUCK_MS);
    this.#stuck.unref();
  }

  #drain(): void {
    clearTimeout(this.#stuck);
    this.#blocked = false;
    const waiting = [...this.#cases, ...this.#newest.values(), ...this.#frames.values()];
    this.#cases = [];
    this.#newest.clear();
    this.#frames.clear();
    if (waiting.length > 0) this.#write(waiting.join(''));
  }
}

/** All open pages, and the newest frame of each camera for a page that has just been opened. */
export class EventHub {
  readonly #sources: ConsoleSources;
  readonly #clients = new Set<Client>();
  readonly #frames = new Map<string, PageEvent>();
  readonly #unsubscribe: () => void;
  readonly #timers: NodeJS.Timeout[];

  /** @param state_ms how often the state is sent */
  constructor(sources: ConsoleSources, state_ms: number) {
    this.#sources = sources;
    this.#unsubscribe = sources.subscribe((event) => {
      if (event.event === 'frame') this.#frames.set(event.data.camera, event);
      for (const client of this.#clients) client.send(event);
    });
    this.#timers = [
      setInterval(() => this.#sendState(), state_ms),
      setInterval(() => {
        for (const client of this.#clients) client.beat();
      }, BEAT_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  get full(): boolean {
    return this.#clients.size >= MAX_CLIENTS;
  }

  /** Takes over an answer whose head was written; it gets the state and the newest frames at once. */
  add(out: ServerResponse): void {
    const client = new Client(out);
    this.#clients.add(client);
    out.on('close', () => this.#clients.delete(client));
    out.write('retry: 1000\n\n');
    const state = this.#sources.state();
    client.send({ event: 'state', data: state });
    // a camera that is gone from the configuration leaves no ghost
    for (const camera of this.#frames.keys())
      if (!state.cameras.some((known) => known.id === camera)) this.#frames.delete(camera);
    for (const frame of this.#frames.values()) client.send(frame);
  }

  close(): void {
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    for (const client of this.#clients) client.end();
  }

  #sendState(): void {
    if (this.#clients.size === 0) return;
    const data = this.#sources.state();
    for (const client of this.#clients) client.send({ event: 'state', data });
  }
}
