// drivers/can: what a CAN bus gives, whatever it is behind: SocketCAN, a serial adapter (slcan) or a candump log.
// In: nothing. Out: the types every other file of this room speaks. Never: a way to send a frame; this room only listens.

/** One data frame as it was on the bus. Never changed after it was handed out. */
export interface CanFrame {
  /** when it was seen: epoch ms, with a fraction where the source knows it */
  readonly time: number;
  /** 11 bits, or 29 where `extended` */
  readonly id: number;
  readonly extended: boolean;
  /** 0..8 bytes, 0..64 for CAN FD: a view into a larger buffer, so copy it if it shall be kept for long */
  readonly data: Uint8Array;
  /** the interface's name where the source knows it, e.g. `can0` */
  readonly channel?: string | undefined;
}

/** Why a frame or line was not used. */
export type CanFault = 'time' | 'id' | 'length' | 'data' | 'format' | 'long';

/** What a source has seen since it was made. Only ever grows. */
export interface CanCounters {
  /** data frames handed out; FD frames are among them */
  frames: number;
  standard: number;
  extended: number;
  /** CAN FD frames, handed out like any other */
  fd: number;
  /** remote requests: carry no data, counted and dropped */
  remote: number;
  /** error frames of the controller: counted and dropped */
  error: number;
  /** lines or frames that could not be read, by kind */
  bad: Record<CanFault, number>;
}

/** Why a bus gives no frames just now. */
export interface CanLoss {
  readonly code: 'CAN_DRIVER_MISSING' | 'CAN_INTERFACE' | 'CAN_PORT' | 'CAN_STOPPED' | 'CAN_UNREADABLE';
  readonly message: string;
}

/** What a running source tells its owner. */
export interface CanListener {
  frame(frame: CanFrame): void;
  /** the bus is gone; a live source goes on trying by itself, a recording does not */
  lost(loss: CanLoss): void;
  /** the bus is there again, told before its first frame */
  back(): void;
  /** a recording has been read to its end; never called by a live source */
  ended(): void;
}

/** One bus behind one type. `start` never throws: what goes wrong is told to the listener as a loss. */
export interface CanSource {
  readonly counters: CanCounters;
  start(listener: CanListener): void;
  /** ends it for good; resolved once nothing more will be told */
  stop(): Promise<void>;
}

/** Counters at zero. */
export function newCounters(): CanCounters {
  return {
    frames: 0,
    standard: 0,
    extended: 0,
    fd: 0,
    remote: 0,
    error: 0,
    bad: { time: 0, id: 0, length: 0, data: 0, format: 0, long: 0 },
  };
}

/** All that could not be read, whatever the kind. */
export function badTotal(counters: CanCounters): number {
  let sum = 0;
  for (const count of Object.values(counters.bad)) sum += count;
  return sum;
}
