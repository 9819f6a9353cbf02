// agent/camera: one camera's way from frames to sightings. In: frames, live or recorded, and a looker. Out: a report for
// each looked-at frame and a sighting for each event, strictly in the order of the frames, however many workers look.
// Never: a queue of live frames, a look out of turn, more than a few frames held.
import type { Frame } from '../../drivers/camera/types.ts';
import { believed } from '../../models/doubt.ts';
import type { Look, LookDepth, Looker, LookOptions } from '../../models/types.ts';
import { LocalTime } from '../config/hours.ts';
import type { Camera, Profile } from '../config/site.ts';
import { Crops, LAG } from './crops.ts';
import { FirstSights } from './firsts.ts';
import type { Movement } from './gate.ts';
import { HIDE_SCORE, Hidden } from './hidden.ts';
import { CameraJudge, type JudgeMemory, type Judgement, WEAK_SCORE } from './judge.ts';
import type { LargerFrames } from './larger.ts';
import { HIDING, type LivePicture, LivePictures } from './live.ts';
import type { NearMiss } from './near-misses.ts';
import { Median, Rate } from './rates.ts';
import { Schedule } from './schedule.ts';
import { LookShare, type Seat } from './share.ts';
import { Stillness } from './stillness.ts';
import type { Box, FrameReport, LineCount, Moment, Sighting } from './types.ts';

export interface PathOptions {
  readonly device: string;
  readonly site: string;
  readonly camera: Camera;
  readonly profile: Profile;
  /** in which the hours of rules are meant; default UTC */
  readonly timeZone?: string;
  readonly looker: Looker;
  /** shares the looker with other cameras; without it this camera has it alone */
  readonly share?: LookShare;
  /** frames of a larger stream of the same camera: evidence is taken from it */
  readonly larger?: LargerFrames;
  /** told for each looked-at frame */
  readonly onReport?: (report: FrameReport) => void;
  /** told for each event; a recording waits for it, a live camera does not */
  readonly onSighting: (sighting: Sighting) => void | Promise<void>;
  /** told of each frame that was kept and that nobody reads any more */
  readonly onFree?: (frame: Frame) => void;
  /** told each time something failed: a look, a sighting that was refused */
  readonly onFault?: (error: unknown) => void;
}

/** Figures for the page; rates by frame time over the last seconds. */
export interface PathStats {
  readonly frames_per_s: number;
  readonly looks_per_s: number;
  /** median milliseconds of an inference with the first size of the model */
  readonly look_ms: number;
  /** times a look was due and every worker was busy */
  readonly skipped: number;
  /** looks a second that were not needed, for nothing moved; they count as served */
  readonly gated_per_s: number;
  /** share of the picture that moved when it was last judged, 0..1; null: it is not judged */
  readonly moving: number | null;
  /** regions a second that looks enlarged */
  readonly crops_per_s: number;
  /** looks that failed */
  readonly failed: number;
  /** seq of the newest frame that `jpeg` can give */
  readonly latest: number | null;
  /** how often each counting line was crossed since the start */
  readonly counts: readonly LineCount[];
}

/** Finds that a report carries and a tracker sees, best first. */
const MAX_OBJECTS = 100;
/** A recording's look that fails is tried again: a worker that died was replaced. */
const RECORDED_TRIES = 3;
/** A live look ends with its crops within so much of the time to the next one: what is told late is old. */
const PROMPT = 0.75;

export class CameraPath {
  #options: PathOptions;
  readonly #judge: CameraJudge;
  #schedule: Schedule;
  readonly #share: LookShare;
  readonly #seat: Seat;
  #hours: LocalTime;
  readonly #stillness: Stillness;
  readonly #crops: Crops;
  readonly #gated = new Rate();
  /** looks that were not needed, for nothing moved; since the start */
  gated = 0;
  readonly #firsts = new FirstSights();
  readonly #pictures: LivePictures;
  readonly #hidden = new Hidden();
  readonly #frames = new Rate();
  readonly #looks = new Rate();
  readonly #cropped = new Rate();
  readonly #look_ms = new Median();
  /** what the last look of each depth took without its crops */
  readonly #plain_ms: Record<LookDepth, number> = { base: 0, wide: 0, fine: 0 };
  #tail: Promise<void> = Promise.resolve();
  #held = 0;
  #failed = 0;
  #closed = false;
  #fault: { readonly error: unknown } | null = null;

  constructor(options: PathOptions) {
    const { device, site, camera, profile, timeZone } = options;
    this.#options = options;
    this.#judge = new CameraJudge({ device, site, camera, profile, ...(timeZone === undefined ? {} : { timeZone }) });
    this.#schedule = new Schedule(camera.looks_per_s, camera.wide_every_s);
    this.#pictures = new LivePictures(HIDING, (frame) => options.onFree?.(frame));
    this.#share = options.share ?? new LookShare(options.looker);
    this.#seat = this.#share.join();
    this.#hours = new LocalTime(timeZone ?? 'UTC');
    this.#stillness = new Stillness(camera);
    this.#crops = new Crops(camera, profile);
  }

  /** What it knows of parked things and their time, for a path that goes on after a restart. */
  memory(): JudgeMemory {
    return this.#judge.memory();
  }

  /** Goes on with what an earlier life knew; before the first frame. */
  recall(memory: JudgeMemory): void {
    this.#judge.recall(memory);
  }

  /** Other zones and rules, without losing a track or a dwell so far. Takes effect with the next look's judgement. */
  adopt(camera: Camera, profile: Profile, timeZone?: string): void {
    const before = this.#options.camera;
    this.#options = { ...this.#options, camera, profile };
    this.#judge.adopt(camera, profile, timeZone);
    if (timeZone !== undefined) this.#hours = new LocalTime(timeZone);
    this.#stillness.adopt(camera);
    this.#crops.adopt(camera, profile);
    if (camera.looks_per_s !== before.looks_per_s || camera.wide_every_s !== before.wide_every_s) {
      this.#schedule = new Schedule(camera.looks_per_s, camera.wide_every_s);
    }
  }

  /** What nearly became an event within the last hour of its frames, longest first. */
  nearMisses(): NearMiss[] {
    return this.#judge.nearMisses();
  }

  /** The newest looked-at frame with its report; null before the first. */
  newest(): { readonly frame: Frame; readonly report: FrameReport } | null {
    return this.#pictures.newest;
  }

  /**
   * A live frame: looked at if it is due, something moves in it, and a worker is free for this camera before a newer
   * frame takes its place; else let go. Never waits.
   * @returns false where the frame is let go at once
   */
  offer(frame: Frame): boolean {
    if (this.#closed) return false;
    const { time } = frame;
    this.#frames.add(time);
    const skipped = this.#schedule.skipped;
    const due = this.#schedule.due(time);
    if (this.#schedule.skipped > skipped) this.#share.allowance.late(time);
    if (!due) return false;
    const movement = this.#stillness.see(frame);
    if (this.#stillness.isStill(time)) {
      this.#schedule.passed();
      this.#gated.add(time);
      this.gated += 1;
      return false;
    }
    const { camera, looker } = this.#options;
    // until it is started this slot has no look
    this.#schedule.refused();
    if (this.#held >= looker.workers) return false;
    const hot = camera.hot_hours.find(({ when }) => this.#hours.open(when, time));
    this.#seat.rate = camera.looks_per_s;
    this.#seat.weight = hot?.weight ?? camera.weight;
    this.#share.offer(
      this.#seat,
      time,
      () => {
        if (this.#closed) return Promise.resolve();
        this.#stillness.looked(time);
        return this.#take(frame, movement, false);
      },
      () => this.#options.onFree?.(frame),
    );
    return true;
  }

  /**
   * A recording, to its end: every due frame is looked at, as fast as the workers can.
   * @throws what reading the frames throws, and the first fault of a sighting's receiver
   */
  async feed(frames: AsyncIterable<Frame>): Promise<void> {
    const pending: Promise<void>[] = [];
    for await (const frame of frames) {
      if (this.#closed) break;
      this.#frames.add(frame.time);
      if (!this.#schedule.due(frame.time)) continue;
      const { crops } = this.#options.camera;
      // Its crops rest on what the look LAG before it left, whatever the number of workers.
      if (crops > 0 && pending.length >= LAG) await pending.shift();
      pending.push(this.#take(frame, this.#stillness.see(frame), true));
      // One look more than there are workers, so that none waits while the next frame is read.
      if (pending.length > this.#options.looker.workers) await pending.shift();
      this.#throwFault();
    }
    await this.settled();
    this.#throwFault();
  }

  /** Resolves when everything taken so far is handled. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** A looked-at frame as masked JPEG; seq null: the newest; null if it is no longer kept. */
  jpeg(seq: number | null): Promise<LivePicture | null> {
    return this.#pictures.jpeg(seq);
  }

  /** The report of a frame that `jpeg` can still give. */
  report(seq: number | null): FrameReport | null {
    return this.#pictures.report(seq);
  }

  /** @param now epoch ms on the clock of the frames */
  stats(now: number): PathStats {
    return {
      frames_per_s: this.#frames.at(now),
      looks_per_s: this.#looks.at(now),
      look_ms: this.#look_ms.value,
      skipped: this.#schedule.skipped,
      gated_per_s: this.#gated.at(now),
      moving: this.#stillness.moving,
      crops_per_s: this.#cropped.at(now),
      failed: this.#failed,
      latest: this.#pictures.latest,
      counts: this.#judge.counts(),
    };
  }

  /** Looks that were due and went by, for every worker was busy. */
  get missed(): number {
    return this.#schedule.skipped;
  }

  /** Takes no more frames; resolves when what was taken is handled. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#share.leave(this.#seat);
    await this.#tail;
  }

  /** Starts a look; what comes of it is handled after that of the frames before. Resolves then, never rejects. */
  #take(frame: Frame, { regions }: Movement, recorded: boolean): Promise<void> {
    const depth = this.#schedule.looked(frame.time);
    this.#held += 1;
    const most = recorded ? this.#options.camera.crops : this.#affordable(frame.time, depth);
    const crops = this.#crops.choose(frame, regions, most, recorded);
    const options = { depth, minScore: HIDE_SCORE, crops, ...(recorded ? {} : { enough: this.#share.enough }) };
    const look = this.#look(frame, options, recorded ? RECORDED_TRIES : 1);
    if (!recorded) void look.then((seen) => this.#account(depth, most, seen));
    this.#tail = this.#tail.then(async () => {
      try {
        const seen = await look;
        if (seen) await this.#handle(frame, depth, seen, recorded);
        else this.#crops.ended(null);
      } catch (error) {
        this.#fault ??= { error };
        this.#options.onFault?.(error);
      } finally {
        this.#held -= 1;
      }
    });
    return this.#tail;
  }

  /** How many crops a live look may have: by the time there is, and so few that it ends well before the next one is due. */
  #affordable(time: number, depth: LookDepth): number {
    const { crops, looks_per_s } = this.#options.camera;
    const left_ms = (PROMPT * 1000) / looks_per_s - this.#plain_ms[depth];
    return this.#share.allowance.take(this.#seat, time, crops, left_ms);
  }

  #account(depth: LookDepth, granted: number, look: Look | null): void {
    this.#share.allowance.spent(look?.ms ?? 0, granted, look?.run_ms ?? null);
    if (look) this.#plain_ms[depth] = look.ms - (look.crops ?? 0) * look.run_ms;
  }

  async #look(frame: Frame, options: LookOptions, tries: number): Promise<Look | null> {
    for (let left = tries; ; left--) {
      try {
        return await this.#options.looker.look(frame, options);
      } catch (error) {
        if (left > 1) continue;
        this.#failed += 1;
        this.#options.onFault?.(error);
        return null;
      }
    }
  }

  async #handle(frame: Frame, depth: LookDepth, look: Look, wait: boolean): Promise<void> {
    const { seq, time, width, height } = frame;
    this.#looks.add(time);
    const crops = look.crops ?? 0;
    for (let i = 0; i < crops; i++) this.#cropped.add(time);
    this.#look_ms.add(look.run_ms);
    const objects = believed(look.objects)
      .filter((find) => find.score >= WEAK_SCORE)
      .slice(0, MAX_OBJECTS);
    const judged = this.#judge.look(time, objects, frame);
    this.#crops.ended({ time, followed: judged.followed });
    const { tracks, why, groups } = judged;
    const camera = this.#options.camera.id;
    const report = { camera, seq, time, width, height, objects, tracks, why, groups, look: { ms: look.ms, depth } };
    // What proves something is read after this look; the rest only here.
    const lent = judged.began.length > 0 || judged.verdicts.length > 0;
    this.#pictures.add(frame, report, this.#hidden.boxes(frame, look.objects, judged.persons), lent);
    if (judged.began.length > 0) this.#firsts.keep(this.#evidence(frame, [0, 0, 0, 0]).frame, judged.began);
    this.#options.onReport?.(report);
    const sightings = await this.#sightings(frame, judged);
    this.#firsts.release(judged.ended);
    for (const sighting of sightings) {
      const taken = Promise.resolve(this.#options.onSighting(sighting));
      if (wait) await taken;
      else taken.catch((error) => this.#options.onFault?.(error));
    }
  }

  async #sightings(proof: Frame, { verdicts }: Judgement): Promise<Sighting[]> {
    const sightings: Sighting[] = [];
    for (const { stay, event, firstBox, proofBox } of verdicts) {
      const second = this.#evidence(proof, proofBox);
      const first = await this.#firsts.take(stay);
      sightings.push({
        event,
        first: first ? { frame: first, box: scaled(firstBox, first.width / proof.width) } : second,
        proof: second,
      });
    }
    return sightings;
  }

  /** A moment in the larger stream, where there is one. */
  #evidence(frame: Frame, box: Box): Moment {
    return this.#options.larger?.at({ frame, box }) ?? { frame, box };
  }

  #throwFault(): void {
    if (this.#fault) throw this.#fault.error;
  }
}

const scaled = (box: Box, by: number): Box => [box[0] * by, box[1] * by, box[2] * by, box[3] * by];
