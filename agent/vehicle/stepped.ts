// agent/vehicle: a count that the bus tells in coarse steps (distance in 5 m or 125 m, hours in 3 min), made fine by what
// this box counts itself between the steps. Pure.

/** A count that fell back by more than so many steps is a new count (another control unit), not a rounding. */
const NEW_COUNT_STEPS = 20;

/** One count of the vehicle's life. It never falls, but where the bus itself begins a new one. */
export class SteppedCount {
  #value: number;
  /** what was told last, and where our own count stood when it was told first and last */
  #told: { value: number; step: number; first: number; last: number } | null = null;
  #own = 0;
  #ever = false;

  /** @param value what the count stood at when this box last knew */
  constructor(value: number) {
    this.#value = value;
  }

  /** What this box counts itself since it began; never falls. */
  grow(own: number): void {
    const grown = own - this.#own;
    this.#own = own;
    if (this.#told === null) {
      this.#value += grown;
      return;
    }
    const { value, step, first, last } = this.#told;
    // when it was told last it was less than a step further than told
    this.#raise(value + Math.min(own - first, step + own - last), step);
  }

  /** The bus told the count. @param step its resolution */
  tell(value: number, step: number): void {
    const told = this.#told;
    if (told !== null && told.value === value && told.step === step) {
      told.last = this.#own;
      return;
    }
    this.#told = { value, step, first: this.#own, last: this.#own };
    if (this.#ever) this.#raise(value, step);
    else this.#value = value;
    this.#ever = true;
  }

  /** The bus fell silent: our own count runs on from here. */
  silent(): void {
    this.#told = null;
  }

  get value(): number {
    return this.#value;
  }

  #raise(value: number, step: number): void {
    if (value > this.#value || this.#value - value > NEW_COUNT_STEPS * step) this.#value = value;
  }
}
