// centre: tells every device that there is something new. In: the repository's version, devices as they are heard of, the
// broker's state. Out: one retained down/desired for each device and version. Retained messages are the broker's to keep
// and it may have lost them, so all are told again after a reconnect. It is a hint alone: boxes look by themselves too.
import { type Desired, deviceTopics } from '../contract/index.ts';

/** Publishes retained; false: not now. */
export type PublishRetained = (topic: string, payload: string) => boolean;

const AGAIN_MS = 500;

export class Poke {
  readonly #publish: PublishRetained;
  readonly #topics = new Map<string, string>();
  /** topics that still have to be told */
  readonly #waiting = new Set<string>();
  #version: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(publish: PublishRetained) {
    this.#publish = publish;
  }

  /** A device that is heard of, again or for the first time. */
  known(city: string, device: string): void {
    const topic = deviceTopics(city, device).desired;
    if (this.#topics.get(device) === topic) return;
    this.#topics.set(device, topic);
    this.#waiting.add(topic);
    this.#tell();
  }

  version(timestamp: number): void {
    if (timestamp === this.#version) return;
    this.#version = timestamp;
    this.all();
  }

  /** Tells every device, whatever it was told before. */
  all(): void {
    for (const topic of this.#topics.values()) this.#waiting.add(topic);
    this.#tell();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #tell(): void {
    if (this.#timer || this.#version === null || this.#closed) return;
    const desired: Desired = { v: 1, kind: 'desired', timestamp: this.#version };
    const payload = JSON.stringify(desired);
    for (const topic of this.#waiting) {
      if (!this.#publish(topic, payload)) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#tell();
        }, AGAIN_MS);
        return;
      }
      this.#waiting.delete(topic);
    }
  }
}
