// models: what an inference runtime is, whichever library is behind it. In: model bytes. Out: sessions that turn numbers
// into numbers. Never: a library's name or type outside the one file that wraps it.

/** Shape of one input or output. */
export type Shape = readonly number[];

/** A loaded model. Not for use from two callers at once. */
export interface Session {
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
  /**
   * Runs the model once.
   * @param inputs one array per input, of the length of its shape
   * @returns one fresh array per output
   * @throws KerbError MODEL_RUN
   */
  run(inputs: readonly Float32Array[]): Promise<Float32Array[]>;
  close(): void;
}

/** A library that can load models; one per thread. */
export interface Runtime {
  readonly name: string;
  /** @param where the model's name for errors @throws KerbError MODEL_UNREADABLE */
  load(bytes: Uint8Array, where: string): Promise<Session>;
}
