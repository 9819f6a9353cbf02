// drivers/gpio: IO lines of a box (ignition, brush, spray, cover, lift ...). It knows levels and times, not meanings.

/** How one line is wired and cleaned. */
export interface LineConfig {
  /** the line's name, e.g. "ignition" */
  readonly id: string;
  /** number of the GPIO, as the board's manual counts */
  readonly gpio: number;
  /** active low: the line counts as on when its level is 0 */
  readonly inverted: boolean;
  /** a level counts once it has stood this long, ms; 0: at once */
  readonly debounce_ms: number;
  /** count rising edges (a flow meter, a drum) instead of reporting levels */
  readonly pulses: boolean;
}

/** What a line says, with its own time. */
export interface LineReading {
  /** epoch ms */
  readonly time: number;
  readonly line: string;
  /** 1 on, 0 off, inversion applied */
  readonly state: 0 | 1;
  /** of a counting line: rising edges since the source began */
  readonly pulses?: number;
}

/** Raw edges of one pin as the system reports them: real (onoff), fake, or polled. */
export interface Pin {
  /** the level now */
  read(): 0 | 1;
  /** calls back with each level that was seen to change, until closed */
  watch(edge: (level: 0 | 1) => void): void;
  close(): void;
}

/** Opens the pin of a line. @throws KerbError GPIO_MISSING, GPIO_REFUSED */
export type OpenPin = (line: LineConfig) => Promise<Pin>;

/** A running set of lines. */
export interface Lines {
  /** newest reading of every line that could be opened */
  now(): LineReading[];
  /** lines that could not be opened, and why (one line each) */
  readonly failed: readonly { line: string; reason: string }[];
  close(): void;
}
