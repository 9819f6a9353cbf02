// agent/local: the words of the room: what the owner injects, what it is told. Nothing runs here.
import type { FlowCase, FlowsAlive } from '../../contract/index.ts';

/** A program on this box that may join the local broker. */
export interface LocalUser {
  name: string;
  password: string;
}

/** A masked picture. */
export interface LocalPicture {
  camera: string;
  /** epoch ms of the frame */
  at: number;
  jpeg: Uint8Array;
  masked: { persons: number };
}

/** What flows may ask for. Each may throw: its message is the reason that the flow is told. */
export interface LocalCommands {
  line(name: string, on: boolean): void | Promise<void>;
  snapshot(camera: string | undefined): Promise<LocalPicture>;
  /** a validated draft; gives the id of the case that was made of it */
  case(draft: FlowCase): { id: string } | Promise<{ id: string }>;
}

export interface LocalLimits {
  /** a client's messages and bytes per second, and how much more in one burst; beyond, its socket is not read */
  messages: number;
  bytes: number;
  burst: number;
  /** requests per second of each kind that reach the agent; beyond, they are dropped and counted */
  requests: number;
  /** requests of each kind that may be under way at once */
  pending: number;
  /** milliseconds until a request that is not answered is given up */
  timeout: number;
  /** bytes that a client may leave unread before it is cut off */
  unread: number;
  clients: number;
}

export const LOCAL_LIMITS: LocalLimits = {
  messages: 200,
  bytes: 256 * 1024,
  burst: 2,
  requests: 20,
  pending: 4,
  timeout: 10_000,
  unread: 4 * 1024 * 1024,
  clients: 8,
};

export interface LocalBusOptions {
  /** 0: any free one */
  port?: number;
  users: readonly LocalUser[];
  /** milliseconds of a clock that never goes back */
  mono: () => number;
  commands: LocalCommands;
  /** flows said how they are, or are gone */
  onFlows?: (alive: FlowsAlive) => void;
  limits?: Partial<LocalLimits>;
}

/** What happened, since the start. */
export interface LocalCounters {
  /** connections refused: wrong password, too many */
  refused: number;
  /** clients cut off: a message too large, or they did not read */
  cut: number;
  /** subscriptions and messages outside the client's own topics */
  forbidden: number;
  /** messages from flows that are none of the contract's */
  invalid: number;
  /** requests dropped: too many */
  dropped: number;
  /** times that a client's socket was not read for a while */
  paused: number;
  /** messages to nobody or to a client that does not read */
  unsent: number;
}
