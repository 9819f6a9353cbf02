// agent/main/site: which zones and rules are in force: an edit made on the box, a publication, or the box's own file. In:
// each as it comes. Out: one site, adopted at once. Never: an edit lost that was answered as done; an edit that silently
// stands over something newer; a broken file that changes what runs.
import { KerbError, oneLine } from '../../../contract/index.ts';
import type { Version } from '../../../ota/device/index.ts';
import type { Taxonomy } from '../../cases/index.ts';
import { checkCodes } from '../../cases/index.ts';
import { readSite, type Site, type SiteOnDisk } from '../../config/site.ts';
import type { SiteAnswer, SiteEdited, SiteState } from '../../console/api-site.ts';
import { SmallFile } from '../small-file.ts';
import { checkEdit, documentOf, type Edit, editFileSchema } from './edits.ts';
import { choose, type InForce } from './in-force.ts';
import type { LastGood } from './last-good.ts';

/** Zones and rules that were published: made anew when the box's own file changes. */
export interface Published {
  /** @throws KerbError where it does not fit this box's own site any more */
  readonly make: (own: Site) => Site;
  readonly version: Version;
  /** epoch ms since when it is on this box; null: not known */
  readonly at: number | null;
}

export interface SiteKeeperOptions {
  /** the site file */
  readonly file: string;
  readonly own: SiteOnDisk;
  /** why the file as it is now is not what `own` says; null: it is */
  readonly fault: KerbError | null;
  readonly published: Published | null;
  readonly lastGood: LastGood;
  /** where edits are kept */
  readonly edits: string;
  readonly taxonomy: Taxonomy;
  /** labels of the model that is on */
  readonly labels: () => ReadonlySet<string | null>;
  /** epoch ms */
  readonly now: () => number;
  /** puts a site in force, at once */
  readonly adopt: (site: Site) => void;
  readonly onChange: () => void;
  readonly log: (line: string) => void;
}

/** Versions of edits end so; the part before is what they were made over. */
const EDITED = /\+edit\.\d+$/;
/** Longest name of a version that an edit takes over. */
const MAX_BASE = 48;

export class SiteKeeper {
  readonly #options: SiteKeeperOptions;
  readonly #file: SmallFile<{ edit: Edit | null }>;
  #own: SiteOnDisk;
  #ownSince: number | null = null;
  #published: Published | null;
  #edit: Edit | null;
  #inForce: InForce;
  #fault: SiteState['fault'] = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** the last line about an edit that cannot be used: told once */
  #told = '';

  constructor(options: SiteKeeperOptions) {
    this.#options = options;
    this.#own = options.own;
    this.#published = options.published;
    this.#file = new SmallFile(options.edits, editFileSchema);
    this.#edit = this.#file.read()?.edit ?? null;
    this.#inForce = this.#choose();
    const { fault } = options;
    if (fault) this.#fault = { code: fault.code, what: oneLine(fault), since: Math.round(options.now()) };
    else void this.#inTurn(() => this.#remember());
  }

  /** As the box's own file has it. */
  get own(): Site {
    return this.#own.site;
  }

  /** The files that this depends on. */
  get files(): readonly string[] {
    return this.#own.files;
  }

  /** In force. */
  get site(): Site {
    return this.#inForce.site;
  }

  /** What runs; its counter is the publication's that it stands on, also where it was edited since. */
  get running(): Version {
    const { version, published } = this.#inForce;
    return { name: published?.name ?? this.own.id, version, counter: published?.counter ?? null };
  }

  get state(): SiteState {
    const { from, since, version, revision } = this.#inForce;
    const edit = from === 'edited' ? null : this.#edit;
    const aside = edit && { at: edit.at, version: versionOf(edit) };
    return { from, since, version, revision, aside, fault: this.#fault, unknown: this.#unknown() };
  }

  /** A name that was mistyped: neither file nor publication is refused for it, as another detector may know it. */
  #unknown(): string[] {
    const { profile, cameras } = this.site;
    const labels = this.#options.labels();
    const named = [...profile.rules, ...cameras.flatMap((camera) => camera.lines)].flatMap(({ classes }) => classes);
    return [...new Set(named)].filter((name) => !labels.has(name));
  }

  answer(): SiteAnswer {
    const { taxonomy, labels } = this.#options;
    const aside = this.#inForce.from === 'edited' ? null : this.#usableEdit();
    const codes = new Map([...taxonomy.matters].map(([code, { name }]) => [code, { ...name }]));
    return {
      ...this.state,
      running: { ...this.running },
      site: documentOf(this.site),
      other: aside && documentOf(aside),
      classes: [...labels()].filter((name) => name !== null),
      codes: Object.fromEntries(
        this.site.profile.rules.flatMap(({ code }) => (codes.has(code) ? [[code, codes.get(code)!]] : [])),
      ),
    };
  }

  /** A publication comes into force. Gives what puts back what was in force before. */
  publish(make: Published['make'], version: Version): () => void {
    const former = this.#published;
    this.#put({ make, version, at: this.#options.now() });
    return () => this.#put(former);
  }

  #put(published: Published | null): void {
    this.#published = published;
    this.#adopt();
  }

  /** The file has changed: takes it, or says why not. */
  reread(): Promise<void> {
    return this.#inTurn(async () => {
      const { file, taxonomy, now, onChange, log } = this.#options;
      try {
        const own = await readSite(file);
        if (own.site.id !== this.own.id) {
          const what = `is of site "${own.site.id}", and this box runs "${this.own.id}"`;
          throw new KerbError('SITE_OTHER', what, file, 'start the agent anew to make it another site');
        }
        checkCodes(taxonomy, own.site.profile, file);
        const same = own.fingerprint === this.#own.fingerprint;
        const healed = this.#fault !== null;
        this.#fault = null;
        if (same) return healed ? onChange() : undefined;
        this.#own = own;
        this.#ownSince = now();
        await this.#remember();
        log('the site file was changed and is taken');
        this.#adopt();
      } catch (error) {
        const code = error instanceof KerbError ? error.code : 'SITE_FILE';
        const what = oneLine(error);
        if (this.#fault?.what === what) return;
        this.#fault = { code, what, since: Math.round(now()) };
        log(`the site file as it is now cannot be taken, what runs stays: ${what}`);
        onChange();
      }
    });
  }

  /** Takes an edit: on disk first, then in force. @throws KerbError SITE_DISK */
  edit(value: unknown, revision: string | null): Promise<SiteEdited> {
    return this.#inTurn(async () => {
      if (revision !== null && revision !== this.#inForce.revision) return { changed: this.#inForce.revision };
      const checked = checkEdit(value, this.#bounds());
      if ('faults' in checked) return { faults: [...checked.faults] };
      const { site } = checked;
      const { version } = this.site.profile;
      if (sameRules(site, this.site)) return { done: this.answer() };
      const serial = (this.#edit?.serial ?? 0) + 1;
      const { published } = this.#inForce;
      const base = published?.version ?? this.own.profile.version;
      const named = `${base.replace(EDITED, '').slice(0, MAX_BASE)}+edit.${serial}`;
      const over = { file: this.#own.fingerprint, counter: published?.counter ?? null };
      const document = documentOf({ ...site, profile: { ...site.profile, version: named } });
      const edit: Edit = { v: 1, at: Math.round(this.#options.now()), serial, over, site: { ...document } };
      await this.#keep(edit);
      this.#edit = edit;
      this.#options.log(`zones and rules were edited on the box: ${version} becomes ${named}`);
      this.#adopt();
      return { done: this.answer() };
    });
  }

  /** Gives the edit up. @throws KerbError SITE_DISK */
  forget(): Promise<SiteAnswer> {
    return this.#inTurn(async () => {
      if (this.#edit !== null) {
        await this.#keep(null);
        this.#edit = null;
        this.#options.log('the edit of zones and rules was given up');
        this.#adopt();
      }
      return this.answer();
    });
  }

  /** What the file says now is good: for a start that finds it broken. */
  async #remember(): Promise<void> {
    await this.#options.lastGood.keep(this.#own).catch((error) => {
      this.#options.log(`the site file as it is now could not be remembered: ${oneLine(error)}`);
    });
  }

  async #keep(edit: Edit | null): Promise<void> {
    try {
      await this.#file.write({ edit });
    } catch (error) {
      const what = `the edit could not be kept: ${oneLine(error)}`;
      throw new KerbError('SITE_DISK', what, this.#options.edits, 'make room on the disk', { cause: error });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #bounds() {
    return { own: this.own, taxonomy: this.#options.taxonomy, labels: this.#options.labels() };
  }

  #adopt(): void {
    const former = this.#inForce;
    this.#inForce = this.#choose();
    if (JSON.stringify(former.site) !== JSON.stringify(this.site)) this.#options.adopt(this.site);
    this.#options.onChange();
  }

  #choose(): InForce {
    const site = this.#publishedSite();
    const published =
      site && this.#published ? { site, version: this.#published.version, at: this.#published.at } : null;
    const own = { ...this.#own, at: this.#ownSince };
    return choose({ own, published, edit: this.#edit, usable: () => this.#usableEdit() });
  }

  #publishedSite(): Site | null {
    try {
      return this.#published?.make(this.own) ?? null;
    } catch (error) {
      this.#options.log(
        `the published profile does not fit the site file any more, the file's own is used: ${oneLine(error)}`,
      );
      return null;
    }
  }

  /** The kept edit, if this program still takes it. */
  #usableEdit(): Site | null {
    if (!this.#edit) return null;
    const checked = checkEdit(this.#edit.site, this.#bounds());
    if ('site' in checked) return checked.site;
    const { path, en } = checked.faults[0]!;
    const line = `the edit of zones and rules cannot be used: ${path}: ${en}`;
    if (line !== this.#told) this.#options.log(line);
    this.#told = line;
    return null;
  }
}

const versionOf = ({ site }: Edit) =>
  String((site['profile'] as { version?: unknown } | undefined)?.version ?? '').slice(0, 64);

/** Do both say the same, whatever the name of their version? */
function sameRules(a: Site, b: Site): boolean {
  const bare = (site: Site) => JSON.stringify(documentOf({ ...site, profile: { ...site.profile, version: '' } }));
  return bare(a) === bare(b);
}
