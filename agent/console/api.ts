// agent/console: the shapes of the page's documented interface, and what the composition root must supply for it.
// The console draws and serves; it knows no camera, no queue and no disk.
import type { Case, Lane, ReportBody, ReportItem } from '../../contract/index.ts';
import type { FlowsSource, FlowsState, OutputState } from './api-flows.ts';
import type { NearMiss, SiteSource, SiteState } from './api-site.ts';

export interface Words {
  zh: string;
  en: string;
}

export type Level = 'ok' | 'warn' | 'bad';

/** One line of the health page: a plain sentence, a value, a remedy. */
export interface HealthLine {
  id: string;
  level: Level;
  text: Words;
  value: string;
  remedy?: Words;
}

export interface CameraState {
  id: string;
  name: Words;
  state: 'starting' | 'live' | 'lost';
  /** epoch ms since when it is so */
  since: number;
  /** why it is lost, one line */
  reason?: string;
  /** what kind of loss that is: CAMERA_SILENT, CAMERA_PASSWORD ... */
  code?: string;
  /** its larger stream, from which evidence is taken, where it has one */
  main?: { state: 'starting' | 'live' | 'lost'; since: number; reason?: string; code?: string };
  /** when it came back as another stream than it was, and how, one line */
  change?: { at: number; text: string };
  picture: [number, number];
  /** real rates over the last seconds */
  looks_per_s: number;
  frames_per_s: number;
  /** median milliseconds of an inference of a base look */
  look_ms: number;
  /** frames that were due for a look while all workers were busy */
  skipped: number;
  /** looks a second that were not needed, for nothing moved */
  gated_per_s: number;
  /** share of the picture that moved, 0..1; null: it is not judged */
  moving: number | null;
  /** regions a second that looks enlarge */
  crops_per_s: number;
  /** how many a look may enlarge, at most; 0: it enlarges none */
  crops: number;
  zones: { id: string; name: Words; kind: string; polygon: [number, number][]; limit_s: number }[];
  lines: { id: string; name: Words; from: [number, number]; to: [number, number] }[];
  /** how often each counting line was crossed since the start, by class and direction */
  counts: { line: string; class: string; left: number; right: number }[];
  /** seq of the newest frame that can be fetched, or null */
  latest: number | null;
}

/** Something that runs; counter null: it came with the installation or its configuration. */
export interface RunningVersion {
  name: string;
  version: string;
  counter: number | null;
}

/** What runs on this box, and how it is kept up to date. */
export interface UpdatesState {
  version: string;
  /** of the release or the checkout, where it is known */
  commit: string | null;
  /** of the installation; null: a checkout */
  slot: 'a' | 'b' | null;
  model: RunningVersion | null;
  /** named by its site */
  profile: RunningVersion | null;
  /** null: the configuration names no repository */
  repository: {
    url: string;
    /** when it was last asked, and when it last answered with something valid, epoch ms */
    last_check: number | null;
    last_success: number | null;
    versions: ReportBody['versions'];
    /** wanted, running and result of each thing, as in the signed report */
    items: readonly ReportItem[];
    /** why it could not be read, and since when */
    fault: { code: string; what: string; since: number } | null;
  } | null;
}

/** What the cameras' pictures are looked with, and how that was found. */
export interface LookerState {
  /** name of the model's card */
  model: string;
  /** what runs now; null: not known */
  runtime: string | null;
  weights: string | null;
  /** what this box found when it tried, and what it chose; null: nothing yet */
  tried: {
    at: number;
    runtime: string;
    weights: string;
    /** ms: median of a base look; null: it did not run */
    runs: { runtime: string; weights: string; ms: number | null; why?: string | undefined }[];
  } | null;
  trial: {
    state: 'done' | 'never' | 'waiting' | 'running' | 'failed';
    /** what it waits for */
    wait?: 'start' | 'update' | 'slot' | 'late' | 'memory';
    /** when it failed, and why */
    at?: number;
    reason?: string;
  };
}

/** GET /api/state */
export interface State {
  device: string;
  city: string;
  version: string;
  roles: ('camera' | 'vehicle')[];
  /** epoch ms of this answer, and when the agent started */
  now: number;
  started: number;
  demo: boolean;
  clock: { quality: 'unknown' | 'held' | 'synced' };
  link: {
    state: 'online' | 'offline' | 'connecting' | 'none';
    since: number;
    broker: string;
    error?: string;
    /** bytes a second that the centre allows; null: no bound */
    drain_rate?: number | null;
    /** bytes on the wire of the last days, oldest first */
    traffic?: { day: string; bytes: Record<Lane | 'link', number> }[];
  };
  /** gone: accepted and lost for good since the lane was made, by reason */
  outbox: { lane: Lane; waiting: number; bytes: number; oldest: number | null; gone: Record<string, number> }[];
  cameras: CameraState[];
  /** zones and rules in force; null: this box has no camera role */
  site: SiteState | null;
  vehicle: VehicleState | null;
  outputs: OutputState[];
  flows: FlowsState | null;
  updates: UpdatesState;
  /** null: this box has no camera role */
  looker: LookerState | null;
  health: HealthLine[];
}

/** The vehicle role: what its receiver, bus and lines say now. SI units; null: not known. */
export interface VehicleState {
  kind: 'sweeper' | 'sprinkler' | 'muck' | 'mixer' | 'garbage';
  /** name of the profile in force */
  profile: string;
  receiver: SourceState;
  bus: SourceState & { frames_per_s: number };
  /** UTC epoch ms of the vehicle's state, put right by the receiver */
  time: number;
  ignition: 0 | 1 | null;
  moving: boolean;
  trip: { since: number; distance: number } | null;
  fix: {
    /** 0 not said, 1 no fix, 2 position, 3 position and altitude */
    mode: number;
    lat: number | null;
    lon: number | null;
    alt: number | null;
    /** degrees from true north */
    track: number | null;
    hdop: number | null;
    /** ms since the last usable fix; null: never */
    age_ms: number | null;
    flags: string[];
  };
  speed: {
    value: number | null;
    source: 'gnss' | 'bus' | 'none';
    gnss: number | null;
    bus: number | null;
    differs: boolean;
  };
  satellites: {
    system: string;
    prn: number;
    elevation: number | null;
    azimuth: number | null;
    snr: number | null;
    used: boolean;
  }[];
  /** values for the table: what it is, value, unit, where from, how old */
  signals: { id: string; name: Words; value: number | null; unit: string; source: string; age_ms: number | null }[];
  lines: { id: string; name: Words; state: 0 | 1; since: number; pulses?: number; error?: string }[];
  /** whether lines can be switched from the page (the demo's fake lines) */
  switchable: boolean;
}

export interface SourceState {
  state: 'starting' | 'live' | 'lost' | 'none';
  /** epoch ms */
  since: number;
  reason?: string;
}

/** One point of the trail: epoch ms, degrees, m/s */
export type TrailPoint = [time: number, lon: number, lat: number, speed: number | null];

/** One of GET /api/cases: the case, where its pictures are, and how far it has come. */
export type ApiCase = Omit<Case, 'evidence'> & {
  evidence: (Case['evidence'][number] & { url: string })[];
  upstream: 'waiting' | 'acknowledged';
};

/**
 * What /api/events sends: `event: frame`, `event: state` (each second and on change), `event: case`, and
 * `event: vehicle` (about once a second, and at once when a line changes).
 */
export type PageEvent =
  | { event: 'frame'; data: FrameData }
  | { event: 'state'; data: State }
  | { event: 'case'; data: ApiCase }
  | { event: 'vehicle'; data: VehicleState };

/** A looked-at frame as the page draws it; its picture is /api/cameras/{camera}/frames/{seq}.jpg */
export interface FrameData {
  camera: string;
  seq: number;
  time: number;
  width: number;
  height: number;
  objects: readonly { class: string; score: number; box: readonly [number, number, number, number] }[];
  tracks: readonly {
    id: number;
    class: string;
    score: number;
    box: readonly [number, number, number, number];
    first: number;
    last: number;
  }[];
  why: readonly {
    track: number;
    class: string;
    score: number;
    zone: string | null;
    rule: string | null;
    dwell_s: number;
    limit_s: number;
    reason: 'class' | 'outside' | 'hours' | 'group' | 'score' | 'timing' | 'reported';
  }[];
  /** several things at once: a heap of bicycles, a crowd, a stall */
  groups: readonly {
    rule: string;
    zone: string;
    box: readonly [number, number, number, number];
    count: number;
    needed: number;
    dwell_s: number;
    limit_s: number;
    reason: 'timing' | 'unattended' | 'reported';
  }[];
  look: { ms: number; depth: string };
}

/** Where the console writes its few lines (a pino logger is one). */
export interface ConsoleLog {
  warn(fields: object, text: string): void;
}

/** What the composition root gives the console. */
export interface ConsoleSources {
  state(): State;
  /** newest first; with `after` the `limit` oldest that are newer than it, still newest first; null: no such id */
  cases(after: string | null, limit: number): Promise<ApiCase[] | null>;
  /** a case's picture, masked; null if there is none (any more) */
  evidence(id: string): Promise<Buffer | null>;
  /** a looked-at frame as masked JPEG; seq null: the newest; null if it is no longer kept */
  frame(camera: string, seq: number | null): Promise<{ seq: number; jpeg: Buffer } | null>;
  /** Prometheus text */
  metrics(): Promise<string>;
  /**
   * calls back for each page event until the returned function is called; subscribed once, for as long as the page runs.
   * The state is asked for each second by the console itself: it need come this way only when it changes in between.
   */
  subscribe(listener: (event: PageEvent) => void): () => void;
  /** the vehicle role: the trail of the last hours, oldest first, bounded; newer than `since` (epoch ms) where given */
  trail?: (since: number | null) => TrailPoint[];
  /** the vehicle role: streets to draw, a GeoJSON FeatureCollection of LineStrings; null: none */
  map?: () => object | null;
  /** the demo's fake lines: switches one; false: there is no such line */
  setLine?: (id: string, state: 0 | 1) => boolean;
  /** zones and rules, where the box has the camera role */
  site?: SiteSource;
  /** what nearly became a case within the last hour, longest first; null: no such camera */
  nearMisses?: (camera: string) => NearMiss[] | null;
  /** the flows, where the box has them */
  flows?: FlowsSource;
  /** begins the demo anew; absent where there is no demo */
  fresh?: () => Promise<void>;
}
