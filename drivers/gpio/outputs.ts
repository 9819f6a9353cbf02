// drivers/gpio: output lines of a box (a lamp, a barrier, a horn). In: how they are wired, and orders by name. Out: what
// each line is now. Never: a line that is on before it is told so or after it is closed, or one that cannot be opened
// costing the others anything.
import { KerbError, oneLine } from '../../contract/errors.ts';

/** How one output is wired. */
export interface OutputConfig {
  /** the line's name, e.g. "lamp" */
  readonly id: string;
  /** number of the GPIO, as the board's manual counts; fake: a line without hardware, for demos and tests */
  readonly gpio: number | 'fake';
  /** active low: on when its level is 0 */
  readonly inverted: boolean;
}

/** One opened pin. */
export interface OutputPin {
  /** @throws Error when the system refuses */
  write(level: 0 | 1): void;
  close(): void;
}

/** Opens a pin that stands at `level` from the first instant on. @throws KerbError GPIO_MISSING, GPIO_REFUSED */
export type OpenOutput = (line: { id: string; gpio: number }, level: 0 | 1) => Promise<OutputPin>;

/** What a line is now. */
export interface OutputState {
  readonly id: string;
  /** 1 on, 0 off, inversion applied */
  readonly state: 0 | 1;
  /** epoch ms since when it is so */
  readonly since: number;
  /** why it cannot be switched */
  readonly error?: string;
}

interface Running {
  readonly config: OutputConfig;
  pin: OutputPin | null;
  state: 0 | 1;
  since: number;
  error?: string;
}

const FAKE: OutputPin = { write: () => {}, close: () => {} };

export class Outputs {
  readonly #lines: Map<string, Running>;
  readonly #wall: () => number;
  readonly #onChange: () => void;

  private constructor(lines: Map<string, Running>, wall: () => number, onChange: () => void) {
    this.#lines = lines;
    this.#wall = wall;
    this.#onChange = onChange;
  }

  /**
   * Opens every line, off.
   * @param wall the box's clock, epoch ms
   * @param onChange told after each change
   */
  static async open(
    configs: readonly OutputConfig[],
    open: OpenOutput,
    wall: () => number,
    onChange: () => void = () => {},
  ): Promise<Outputs> {
    const lines = new Map<string, Running>();
    for (const config of configs) {
      const line: Running = { config, pin: null, state: 0, since: wall() };
      lines.set(config.id, line);
      try {
        const { id, gpio } = config;
        line.pin = gpio === 'fake' ? FAKE : await open({ id, gpio }, level(config, 0));
      } catch (error) {
        line.error = oneLine(error);
      }
    }
    return new Outputs(lines, wall, onChange);
  }

  /**
   * Switches a line. The same state again costs one write and changes nothing.
   * @throws KerbError OUTPUT_UNKNOWN, OUTPUT_FAILED
   */
  set(id: string, on: boolean): void {
    const line = this.#lines.get(id);
    if (!line) {
      const names = [...this.#lines.keys()].join(', ') || 'none';
      throw new KerbError(
        'OUTPUT_UNKNOWN',
        `this box has no such output line (it has: ${names})`,
        id,
        'name one of them',
      );
    }
    if (!line.pin) {
      throw new KerbError('OUTPUT_FAILED', line.error ?? 'is not open', id, 'check the number and the permissions');
    }
    const state = on ? 1 : 0;
    const before = line.error;
    try {
      line.pin.write(level(line.config, state));
      delete line.error;
    } catch (error) {
      line.error = oneLine(error);
      this.#onChange();
      throw new KerbError('OUTPUT_FAILED', line.error, id, 'check the number and the permissions', { cause: error });
    }
    if (line.state === state && before === undefined) return;
    if (line.state !== state) line.since = this.#wall();
    line.state = state;
    this.#onChange();
  }

  /** Switches off whatever is on and can be. @returns names of the lines that were on */
  allOff(): string[] {
    const on = [...this.#lines.values()].filter(({ state }) => state === 1).map(({ config }) => config.id);
    for (const id of on) {
      try {
        this.set(id, false);
      } catch {
        // its state says so
      }
    }
    return on;
  }

  now(): OutputState[] {
    return [...this.#lines.values()].map(({ config: { id }, state, since, error }) => ({
      id,
      state,
      since,
      ...(error === undefined ? {} : { error }),
    }));
  }

  /** Off, and given back to the system. */
  close(): void {
    this.allOff();
    for (const line of this.#lines.values()) {
      line.pin?.close();
      line.pin = null;
      line.error = 'is closed';
    }
  }
}

function level({ inverted }: OutputConfig, state: 0 | 1): 0 | 1 {
  return inverted === (state === 1) ? 0 : 1;
}
