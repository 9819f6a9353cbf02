// agent/main: everything of the camera role, joined: site, detector, cameras, sightings, cases.
import { join } from 'node:path';
import type { KerbEvent } from '../../contract/index.ts';
import type { UpdateKind, Version } from '../../ota/device/index.ts';
import { LookShare } from '../camera/index.ts';
import { type CaseBook, CaseMaker, CaseStore, checkCodes, loadTaxonomy, PictureFolder } from '../cases/index.ts';
import type { Box } from '../config/box.ts';
import type { Site } from '../config/site.ts';
import type { ApiCase, FrameData } from '../console/api.ts';
import type { Clock } from '../health/clock.ts';
import type { Outbox } from '../outbox/index.ts';
import { RunningCamera } from './camera.ts';
import { apiCase, onTaken } from './cases.ts';
import type { FaultLog, Log } from './log.ts';
import { Sightings } from './sightings.ts';
import { startModel, startSite } from './updates/chosen.ts';
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
}

export interface CameraRole {
  readonly cameras: readonly RunningCamera[];
  readonly site: Site;
  readonly maker: CaseMaker;
  readonly book: CaseBook;
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
  const started = await startSite(options.pushed, role.site, taxonomy, tellPushed);
  checkCodes(taxonomy, started.own.profile, role.site);
  let { site, version: profile } = started;
  const looking = { cacheDir: options.cache, workers: role.workers };
  const onRestart = (why: unknown) => faults.add(why, 'looker');
  const first = await startModel(options.pushed, role.model, { ...looking, onRestart }, tellPushed);
  let { version: model, card } = { version: first.version, card: first.card.card };
  const looker = new SwitchLooker(first.looker);
  const onFault = (error: unknown) => faults.add(error, 'cases');
  const store = new CaseStore(join(data, 'cases'), onFault);
  const pictures = new PictureFolder(join(data, 'pictures'));
  const maker = new CaseMaker({ device: box.device, site, taxonomy, looker, store, pictures, outbox, onFault });
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
  const cameras = site.cameras.map((camera, i) => {
    const replaced = i === 0 ? role.source : undefined;
    return new RunningCamera({
      share,
      device: box.device,
      site,
      camera,
      source: replaced ?? camera.source ?? '',
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
  });
  const kinds: UpdateKind[] = [
    new ModelKind({
      looker,
      ...looking,
      onRestart,
      running: () => model,
      card: () => card,
      onSwitch: (version, of) => {
        [model, card] = [version, of];
        options.onChange();
      },
      // what the rules see now must not be lost
      needed: () => site.profile.rules.flatMap((rule) => rule.classes).filter((name) => card.labels.includes(name)),
      seen: () =>
        cameras.flatMap(({ path }) => {
          const newest = path.newest();
          return newest ? [{ picture: newest.frame, objects: newest.report.objects }] : [];
        }),
    }),
    new ProfileKind({
      own: started.own,
      taxonomy,
      running: () => profile,
      labels: () => new Set(card.labels),
      site: () => site,
      adopt: (next, version) => {
        [site, profile] = [next, version];
        maker.adopt(next);
        for (const camera of cameras) camera.adopt(next);
        options.onChange();
      },
    }),
  ];
  return {
    get site() {
      return site;
    },
    cameras,
    maker,
    book: maker.book,
    kinds,
    running: () => ({ model, profile }),
    acknowledged,
    async close() {
      sightings.close();
      await Promise.all(cameras.map((camera) => camera.close()));
      await within(500, () => maker.settled());
      await looker.close();
      store.close();
    },
  };
}
