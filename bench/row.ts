// bench: the shape of one figure, as every benchmark gives it and `bench/run.ts` prints it.

export interface Row {
  /** e.g. `nmea.sentences_per_s` */
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** what it is measured against in the same run: another program, or a physical limit */
  readonly peer?: string;
  readonly peerValue?: number;
  readonly ratio?: number;
  readonly goal?: string;
  readonly ok?: boolean;
}

export interface BenchOptions {
  /** folder of sample recordings */
  readonly samples?: string | null;
  /** seed of everything that is drawn */
  readonly seed?: number;
}
