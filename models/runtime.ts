// models: what an inference runtime is, whichever library or process is behind it. In: model bytes. Out: sessions that turn
// numbers into numbers. Never: a library's name or type outside the one file that wraps it.
import type { ElementType } from './tflite/schema.ts';

/** Shape of one input or output. */
export type Shape = readonly number[];
/** Numbers as a model takes and gives them. */
export type Values = Float32Array | Uint8Array | Int8Array | Int32Array;
/** Kinds of numbers that an edge of a model may have here. */
export type EdgeType = Extract<ElementType, 'float32' | 'uint8' | 'int8' | 'int32'>;

/** One input or output. */
export interface Edge {
  readonly name: string;
  readonly shape: Shape;
  readonly type: EdgeType;
}

/** A loaded model. Not for use from two callers at once. */
export interface Session {
  readonly inputs: readonly Edge[];
  readonly outputs: readonly Edge[];
  /**
   * Runs the model once.
   * @param inputs one array per input, of its type and the length of its shape
   * @returns one fresh array per output
   * @throws KerbError MODEL_RUN
   */
  run(inputs: readonly Values[]): Promise<Values[]>;
  close(): void;
}

/** What can load models. */
export interface Runtime {
  readonly name: string;
  /** the process it is, where it is one of its own */
  readonly pid?: number;
  /** when that process has ended */
  readonly ended?: Promise<unknown>;
  /** @param where the model's name for errors @throws KerbError MODEL_UNREADABLE */
  load(bytes: Uint8Array, where: string): Promise<Session>;
}

/** The array that an edge's numbers come in, over bytes or empty. */
export function valuesFor(edge: Edge): Values {
  const length = lengthOf(edge.shape);
  switch (edge.type) {
    case 'float32':
      return new Float32Array(length);
    case 'uint8':
      return new Uint8Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'int32':
      return new Int32Array(length);
  }
}

export function lengthOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}
