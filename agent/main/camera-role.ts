// agent/main: everything of the camera role, joined: site, detector, cameras, sightings, cases.
import { join } from 'node:path';
import { createLooker } from '../../models/pool.ts';
import { CaseMaker, CaseStore, checkCodes, loadTaxonomy, PictureFolder } from '../cases/index.ts';
import type { Box } from '../config/box.ts';
import { loadSite } from '../config/site.ts';
import type { ApiCase, FrameData } from '../console/api.ts';
import type { Clock } from '../health/clock.ts';
import type { Outbox } from '../outbox/index.ts';
import { RunningCamera } from './camera.ts';
import { apiCase, onTaken } from './cases.ts';
import type { FaultLog, Log } from './log.ts';
import { chosenCard } from './model.ts';
import { Sightings } from './sightings.ts';
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
  readonly onFrame: (frame: FrameData) => void;
  readonly onCase: (made: ApiCase) => void;
  readonly onChange: () => void;
  readonly onChild: (pid: number, started: boolean) => void;
}

export interface CameraRole {
  readonly cameras: readonly RunningCamera[];
  readonly maker: CaseMaker;
  /** the centre holds the case lane up to and including `upTo` */
  acknowledged(upTo: number): void;
  close(): Promise<void>;
}

/** @throws KerbError for a site, profile, card or model that is not right */
export async function openCameraRole(options: CameraRoleOptions): Promise<CameraRole> {
  const { box, role, data, clock, outbox, log, faults } = options;
  const taxonomy = loadTaxonomy();
  const site = await loadSite(role.site);
  checkCodes(taxonomy, site.profile, role.site);
  const looker = await createLooker({
    card: await chosenCard(role.model),
    cacheDir: options.cache,
    workers: role.workers,
    onRestart: (why) => faults.add(why, 'looker'),
  });
  const onFault = (error: unknown) => faults.add(error, 'cases');
  const store = new CaseStore(join(data, 'cases'), onFault);
  const pictures = new PictureFolder(join(data, 'pictures'));
  const maker = new CaseMaker({ device: box.device, site, taxonomy, looker, store, pictures, outbox, onFault });
  await maker.recover();

  const tell = (id: string) => {
    const stored = maker.list(null, 1000)?.find((one) => one.case.id === id);
    if (stored) options.onCase(apiCase(stored));
  };
  const acknowledged = (upTo: number) => {
    for (const id of maker.acknowledged('case', outbox.lane('case').epoch, upTo)) tell(id);
  };
  acknowledged(outbox.lane('case').acked);

  const sightings = new Sightings(maker, onTaken(maker, log, tell), onFault);
  const cameras = site.cameras.map((camera, i) => {
    const replaced = i === 0 ? role.source : undefined;
    return new RunningCamera({
      device: box.device,
      site,
      camera,
      source: replaced ?? camera.source ?? '',
      loop: role.loop,
      looker,
      clock,
      onReport: options.onFrame,
      onSighting: (sighting) => sightings.take(sighting),
      onChange: options.onChange,
      onFault: (error) => faults.add(error, `camera ${camera.id}`),
      onChild: options.onChild,
    });
  });
  return {
    cameras,
    maker,
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
