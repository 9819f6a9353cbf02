// agent/main: everything of the camera role, joined: site, detector, cameras, sightings, cases.
import { join } from 'node:path';
import type { KerbEvent } from '../../contract/index.ts';
import type { UpdateKind, Version } from '../../ota/device/index.ts';
import { LookShare } from '../camera/index.ts';
import { type CaseBook, CaseMaker, CaseStore, loadTaxonomy, PictureFolder } from '../cases/index.ts';
import type { Box } from '../config/box.ts';
import type { Camera, Site } from '../config/site.ts';
import type { ApiCase, FrameData } from '../console/api.ts';
import type { NearMiss, SiteSource, SiteState } from '../console/api-site.ts';
import type { Clock } from '../health/clock.ts';
import type { Outbox } from '../outbox/index.ts';
import { RunningCamera } from './camera.ts';
import { CameraSet } from './camera-set.ts';
import { apiCase, onTaken } from './cases.ts';
import type { FaultLog, Log } from './log.ts';
import { choicesFile } from './model.ts';
import { Sightings } from './sightings.ts';
import { SiteKeeper } from './site/keeper.ts';
import { LastGood } from './site/last-good.ts';
import { FileWatch } from './site/watch.ts';
import type { Served } from './trial/lateness.ts';
import { LiveTrial } from './trial/live-trial.ts';
import { startModel, startSite } from './updates/chosen.ts';
import { Turn } from './updates/exchange.ts';
import { ModelKind } from './updates/model-kind.ts';
import { ProfileKind } from './updates/profile-kind.ts';
import type { Pushed } from './updates/pushed.ts';
import { SwitchLooker } from './updates/switch-looker.ts';
import { within } from './within.ts';

export interface CameraRoleOptions {
  readonly box: Box;
  readonly role: NonNullable<Box['camera']>;
  readonly data: string;
  readonly cache: string;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly log: Log;
  readonly faults: FaultLog;
  /** what updates brought; null where the box takes none */
  readonly pushed: Pushed | null;
  readonly onFrame: (frame: FrameData) => void;
  readonly onCase: (made: ApiCase) => void;
  readonly onEvent: (event: KerbEvent) => void;
  readonly onChange: () => void;
  readonly onChild: (pid: number, started: boolean) => void;
  /** an update that must not be disturbed */
  readonly underWay: () => Promise<'update' | 'slot' | null>;
}

export interface CameraRole {
  readonly cameras: readonly RunningCamera[];
  readonly site: Site;
  readonly maker: CaseMaker;
  readonly book: CaseBook;
  /** zones and rules for the page: what is in force, and edits of it */
  readonly rules: SiteSource & { readonly state: SiteState };
  /** what nearly became a case, longest first; null: no such camera */
  nearMisses(camera: string): NearMiss[] | null;
  /** how the box finds what it looks fastest with */
  readonly looks: LiveTrial;
  /** what updates may exchange here */
  readonly kinds: readonly UpdateKind[];
  /** what is in force */
  running(): { readonly model: Version; readonly profile: Version };
  /** the centre holds the case lane up to and including `upTo` */
  acknowledged(upTo: number): void;
  close(): Promise<void>;
}

/** @throws KerbError for a site, profile, card or model that is not right */
export async function openCameraRole(options: CameraRoleOptions): Promise<CameraRole> {
  const { box, role, data, clock, outbox, log, faults } = options;
  const taxonomy = loadTaxonomy();
  const tellPushed = (line: string) => log.warn({ part: 'updates' }, line);
  const lastGood = new LastGood(join(data, 'site-last.json'));
  const { own, fault, published } = await startSite(options.pushed, role.site, lastGood, taxonomy, tellPushed);
  const looking = { cacheDir: options.cache, workers: role.workers };
  const onRestart = (why: unknown) => faults.add(why, 'looker');
  const first = await startModel(options.pushed, role.model, { ...looking, onRestart }, tellPushed);
  let { version: model, card } = first;
  const looker = new SwitchLooker(first.looker);
  const keeper: SiteKeeper = new SiteKeeper({
    file: role.site,
    own,
    fault,
    published,
    lastGood,
    edits: join(data, 'site-edits.json'),
    taxonomy,
    labels: () => new Set(card.card.labels),
    now: clock.wall,
    adopt: (site) => {
      maker.adopt(site);
      void cameras.adopt(site).catch((error) => faults.add(error, 'site'));
    },
    onChange: options.onChange,
    log: (line) => log.info({ part: 'site' }, line),
  });
  const onFault = (error: unknown) => faults.add(error, 'cases');
  const store = new CaseStore(join(data, 'cases'), onFault);
  const pictures = new PictureFolder(join(data, 'pictures'));
  const maker = new CaseMaker({
    device: box.device,
    site: keeper.site,
    taxonomy,
    looker,
    store,
    pictures,
    outbox,
    onFault,
  });
  await maker.recover();

  const tell = (id: string) => {
    const stored = maker.book.find(id);
    if (stored) options.onCase(apiCase(stored));
  };
  const acknowledged = (upTo: number) => {
    for (const id of maker.acknowledged('case', outbox.lane('case').epoch, upTo)) tell(id);
  };
  acknowledged(outbox.lane('case').acked);

  const sightings = new Sightings(maker, onTaken(maker, log, tell), onFault);
  const share = new LookShare(looker);
  const openCamera = (site: Site, camera: Camera, isFirst: boolean) =>
    new RunningCamera({
      share,
      device: box.device,
      site,
      camera,
      source: (isFirst ? role.source : undefined) ?? camera.source ?? '',
      loop: role.loop,
      looker,
      clock,
      onReport: options.onFrame,
      onSighting: (sighting) => {
        options.onEvent(sighting.event);
        sightings.take(sighting);
      },
      onChange: options.onChange,
      onFault: (error) => faults.add(error, `camera ${camera.id}`),
      onChild: options.onChild,
      memory: join(data, `eye-${camera.id}.json`),
    });
  const cameras: CameraSet = new CameraSet(keeper.site, openCamera, options.onChange);
  const watch = new FileWatch(
    () => keeper.files,
    () => keeper.reread(),
  );
  const turn = new Turn();
  const looks = new LiveTrial({
    mode: role.trial,
    looker,
    ...looking,
    card: () => card,
    choices: choicesFile(),
    clock,
    turn,
    hold: options.underWay,
    served: () => servedBy(cameras.all, keeper.site),
    onRestart,
    onChange: options.onChange,
    onChild: options.onChild,
    log: (line) => log.info({ part: 'looks' }, line),
  });
  looks.start();
  const kinds: UpdateKind[] = [
    new ModelKind({
      looker,
      ...looking,
      onRestart,
      running: () => model,
      card: () => card,
      turn,
      onSwitch: (version, of) => {
        [model, card] = [version, of];
        options.onChange();
      },
      // what the rules see now must not be lost
      needed: () =>
        keeper.site.profile.rules.flatMap((rule) => rule.classes).filter((name) => card.card.labels.includes(name)),
      seen: () =>
        cameras.all.flatMap(({ path }) => {
          const newest = path.newest();
          return newest ? [{ picture: newest.frame, objects: newest.report.objects }] : [];
        }),
    }),
    new ProfileKind({
      own: () => keeper.own,
      taxonomy,
      running: () => keeper.running,
      labels: () => new Set(card.card.labels),
      publish: (make, version) => keeper.publish(make, version),
    }),
  ];
  return {
    get site() {
      return keeper.site;
    },
    cameras: cameras.all,
    rules: keeper,
    nearMisses: (id) => cameras.all.find((one) => one.id === id)?.path.nearMisses() ?? null,
    maker,
    book: maker.book,
    looks,
    kinds,
    running: () => ({ model, profile: keeper.running }),
    acknowledged,
    async close() {
      watch.close();
      const tried = looks.close();
      sightings.close();
      await cameras.close();
      await within(500, () => maker.settled());
      await within(200, () => tried);
      await looker.close();
      store.close();
    },
  };
}

/** Looks that were due and not served so far, and what is wished in all. */
function servedBy(cameras: readonly RunningCamera[], site: Site): Served {
  const missed = cameras.reduce((sum, { path }) => sum + path.missed, 0);
  const wished_per_s = site.cameras.reduce((sum, { looks_per_s }) => sum + looks_per_s, 0);
  return { missed, wished_per_s };
}
