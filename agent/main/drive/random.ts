// agent/main/drive: chance that repeats. In: a seed. Out: numbers. Never: Math.random, so that a seed is a whole drive.

/** A stream of numbers, the same for the same seed (sfc32 by Chris Doty-Humphrey, public domain: 128 bits of state). */
export class Random {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c: number;
  #counter: number;
  #spare: number | null = null;

  /** @param seed any integer; @param stream tells streams of one seed apart */
  constructor(seed: number, stream = 0) {
    this.#c = seed | 0;
    this.#counter = (Math.floor(seed / 2 ** 32) ^ Math.imul(stream + 1, 0x85ebca6b)) | 0;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 0 <= number < 1 */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Normally distributed, of mean 0 and deviation 1 (Box and Muller, 1958). */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** An error that wanders: a first-order Gauss-Markov process of this deviation and correlation time (s). */
export class Wander {
  readonly #random: Random;
  readonly #tau: number;
  #value = 0;

  constructor(random: Random, tau: number) {
    this.#random = random;
    this.#tau = tau;
  }

  /** The value after `dt` seconds, of deviation 1. */
  step(dt: number): number {
    const keep = Math.exp(-dt / this.#tau);
    this.#value = keep * this.#value + Math.sqrt(1 - keep * keep) * this.#random.normal();
    return this.#value;
  }
}
