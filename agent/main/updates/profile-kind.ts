// agent/main/updates: a site's rules and zones as a good. In: a site file, or a profile file, as text. Out: other rules under
// the running cameras. Never: a dwell lost whose zone and rule are still there; a source or a camera changed from afar; a
// profile of another site taken.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError } from '../../../contract/index.ts';
import type { Candidate, StagedGood, UpdateKind, Version } from '../../../ota/device/index.ts';
import { checkCodes, type Taxonomy } from '../../cases/index.ts';
import { parseSite, type Site } from '../../config/site.ts';
import { camerasOf, reachedAs } from '../site/edits.ts';

export interface ProfileKindOptions {
  /** the site as the box's own file has it now */
  readonly own: () => Site;
  readonly taxonomy: Taxonomy;
  readonly running: () => Version;
  /** labels of the model that is on */
  readonly labels: () => ReadonlySet<string | null>;
  /** puts what was published in force, at once; gives what puts back what was in force */
  readonly publish: (make: (own: Site) => Site, running: Version) => () => void;
}

/** The site that a pushed file makes. @throws KerbError CONFIG_*, PROFILE_* */
export function pushedSite(text: string, where: string, own: Site, taxonomy: Taxonomy): Site {
  const site = parseSite(text, where, own);
  const bad = (code: string, what: string, remedy: string) => new KerbError(code, what, where, remedy);
  if (site.id !== own.id) throw bad('PROFILE_OTHER_SITE', `is of site "${site.id}"`, `this box is "${own.id}"`);
  if (camerasOf(site) !== camerasOf(own)) {
    const what = `has the cameras ${camerasOf(site)}, this box ${camerasOf(own)}`;
    throw bad('PROFILE_CAMERAS', what, "cameras are a technician's work: change the site file on the box");
  }
  checkCodes(taxonomy, site.profile, where);
  // how a camera is reached is the box's own business, and its file may hold a password
  return reachedAs(site, own);
}

export class ProfileKind implements UpdateKind {
  readonly id = 'profile';
  readonly kind = 'profile';
  readonly #options: ProfileKindOptions;

  constructor(options: ProfileKindOptions) {
    this.#options = options;
  }

  /** A profile is published under the id of the site it is for; others are none of this box's business. */
  fits(name: string): boolean {
    return name === this.#options.own().id;
  }

  own(): Version {
    return this.#options.running();
  }

  async stage(good: StagedGood): Promise<Candidate> {
    const { own, taxonomy, labels, publish } = this.#options;
    const path = join(good.folder, good.first);
    const where = `profile ${good.name} ${good.version}`;
    const text = await readFile(path, 'utf8');
    const make = (of: Site) => pushedSite(text, where, of, taxonomy);
    const next = make(own());
    let undo = () => {};
    return {
      async check() {
        const blind = next.profile.rules.find((rule) => !rule.classes.some((name) => labels().has(name)));
        if (!blind) return;
        const what = `rule "${blind.id}" is about ${blind.classes.slice(0, 5).join(', ')}, which the detector does not know`;
        throw new KerbError(
          'PROFILE_CLASSES',
          what,
          where,
          'use classes of the detector, or publish one that has them',
        );
      },
      async switch() {
        undo = publish(make, { name: good.name, version: good.version, counter: good.counter });
        return 'runs';
      },
      async prove() {},
      async back() {
        undo();
      },
      async settle() {},
      async close() {},
    };
  }
}
