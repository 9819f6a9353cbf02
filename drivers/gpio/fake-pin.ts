// drivers/gpio: pins without hardware, moved by hand: for the demo's switches and for tests. The same type as the real ones.
import type { LineConfig, OpenPin, Pin } from './types.ts';

/** A board of fake pins, by line id. */
export class FakeBoard {
  readonly #levels = new Map<string, 0 | 1>();
  readonly #watchers = new Map<string, (level: 0 | 1) => void>();
  readonly #inverted = new Set<string>();

  /** Opens a fake pin: a line that is off until it is set. */
  readonly open: OpenPin = async ({ id, inverted }: LineConfig): Promise<Pin> => {
    const off = inverted ? 1 : 0;
    if (inverted) this.#inverted.add(id);
    if (!this.#levels.has(id)) this.#levels.set(id, off);
    return {
      read: () => this.#levels.get(id) ?? off,
      watch: (edge) => {
        this.#watchers.set(id, edge);
      },
      close: () => {
        this.#watchers.delete(id);
      },
    };
  };

  /** Moves a pin's raw level, as a wire would. */
  level(id: string, level: 0 | 1): void {
    if (this.#levels.get(id) === level) return;
    this.#levels.set(id, level);
    this.#watchers.get(id)?.(level);
  }

  /** Switches a line on or off, whatever its polarity. Gives whether there is such a line. */
  set(id: string, state: 0 | 1): boolean {
    if (!this.#levels.has(id)) return false;
    const inverted = this.#inverted.has(id);
    this.level(id, inverted ? (state === 1 ? 0 : 1) : state);
    return true;
  }
}
