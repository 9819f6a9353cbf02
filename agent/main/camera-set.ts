// agent/main: the cameras of a box while its site changes. In: another site. Out: each camera goes on with its new zones and
// rules; one that is reached otherwise begins its stream anew, knowing its parked things; one that is new or gone comes or
// goes. Never: two of one camera at once, or a camera touched whose keys are the same.
import { STREAM_KEYS } from '../config/reload.ts';
import type { Camera, Site } from '../config/site.ts';
import type { RunningCamera } from './camera.ts';

export class CameraSet {
  /** the same list for as long as the box runs; in the order of the site */
  readonly all: RunningCamera[] = [];
  readonly #open: (site: Site, camera: Camera, first: boolean) => RunningCamera;
  readonly #changed: () => void;
  #reach = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param open begins a camera of a site; `first`: it is the first one of the site */
  constructor(site: Site, open: (site: Site, camera: Camera, first: boolean) => RunningCamera, changed: () => void) {
    this.#open = open;
    this.#changed = changed;
    this.all.push(...site.cameras.map((camera, i) => open(site, camera, i === 0)));
    this.#note(site);
  }

  /** Zones and rules are in force at once; this resolves when every stream is as the site says. */
  adopt(site: Site): Promise<void> {
    for (const camera of this.all) camera.adopt(site);
    this.#turn = this.#turn.then(() => this.#rebuild(site));
    return this.#turn;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await Promise.all(this.all.map((camera) => camera.close()));
  }

  async #rebuild(site: Site): Promise<void> {
    const wanted = reachOf(site);
    const away = this.all.filter(({ id }) => wanted.get(id) !== this.#reach.get(id));
    await Promise.all(away.map((camera) => camera.close()));
    if (this.#closed) {
      this.all.splice(0, this.all.length, ...this.all.filter((camera) => !away.includes(camera)));
      return;
    }
    const staying = new Map(this.all.filter((camera) => !away.includes(camera)).map((one) => [one.id, one]));
    const next = site.cameras.map((camera, i) => staying.get(camera.id) ?? this.#open(site, camera, i === 0));
    const same = next.length === this.all.length && next.every((camera, i) => camera === this.all[i]);
    this.all.splice(0, this.all.length, ...next);
    this.#note(site);
    if (!same) this.#changed();
  }

  #note(site: Site): void {
    this.#reach = reachOf(site);
  }
}

/** How each camera is reached: what begins its stream anew when it changes. The first one may have another source. */
function reachOf({ cameras }: Site): Map<string, string> {
  return new Map(
    cameras.map((camera, i) => {
      const keys = STREAM_KEYS.map((key) => camera[key as keyof Camera] ?? null);
      return [camera.id, JSON.stringify([i === 0, ...keys])];
    }),
  );
}
