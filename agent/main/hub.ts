// agent/main: tells page events to whoever listens. Nothing is kept for those who do not.
import type { PageEvent } from '../console/api.ts';

export class Hub {
  readonly #listeners = new Set<(event: PageEvent) => void>();

  emit(event: PageEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: (event: PageEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
