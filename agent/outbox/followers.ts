// agent/outbox: who waits for a record that is not there yet. In: the next number. Out: a wake-up for each, once.

export class Followers {
  readonly #next: () => number;
  readonly #waiting = new Set<{ from: number; wake: (more: boolean) => void }>();
  #ended = false;

  /** @param next one more than the last seq on disk */
  constructor(next: () => number) {
    this.#next = next;
  }

  /** True once record `from` is on disk; false when the end comes or `signal` fires first. */
  wait(from: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#next() > from) return Promise.resolve(true);
    if (this.#ended || signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const stop = () => waiter.wake(false);
      const waiter = {
        from,
        wake: (more: boolean) => {
          this.#waiting.delete(waiter);
          signal?.removeEventListener('abort', stop);
          resolve(more);
        },
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Something has come. */
  wake(): void {
    const next = this.#next();
    for (const waiter of this.#waiting) if (waiter.from < next) waiter.wake(true);
  }

  /** Nothing comes any more. */
  end(): void {
    this.#ended = true;
    for (const waiter of this.#waiting) waiter.wake(false);
  }
}
