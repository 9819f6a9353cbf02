// agent/main: the composition root of a box. Reads top to bottom: what is made here is joined here and nowhere else.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LANES } from '../../contract/index.ts';
import { createLooker } from '../../models/pool.ts';
import type { Looker } from '../../models/types.ts';
import { CaseMaker, CaseStore, checkCodes, loadTaxonomy, PictureFolder } from '../cases/index.ts';
import type { Box } from '../config/box.ts';
import { loadSite } from '../config/site.ts';
import { startConsole } from '../console/server.ts';
import { type Clock, systemClock } from '../health/clock.ts';
import { type Outbox, openOutbox } from '../outbox/index.ts';
import { Uplink } from '../uplink/index.ts';
import { RunningCamera } from './camera.ts';
import { apiCase, onTaken } from './cases.ts';
import { endLeftovers, ProcessFile } from './demo/processes.ts';
import { Hub } from './hub.ts';
import { FaultLog, openLog } from './log.ts';
import { agentMetrics } from './metrics.ts';
import { chosenCard } from './model.ts';
import { pagePort } from './ports.ts';
import { Sightings } from './sightings.ts';
import { StateKeeper } from './state.ts';
import { VERSION } from './version.ts';

export interface AgentOptions {
  /** folder of all state */
  readonly data: string;
  readonly cache: string;
  /** of the environment; the configuration's own comes first */
  readonly port: number | null;
  /** begins everything anew; where it is given the page shows that this is a demo */
  readonly fresh?: () => Promise<void>;
}

export interface Agent {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a box. @throws KerbError for anything in its configuration, site, card or model that is not right */
export async function startAgent(box: Box, options: AgentOptions): Promise<Agent> {
  const clock = systemClock();
  const log = openLog('agent');
  const faults = new FaultLog(log, clock.mono);
  const hub = new Hub();
  const closers: (() => Promise<void> | void)[] = [];
  /** Ends what was started so far, the newest first; what hangs is left behind. */
  const stop = async () => {
    for (const close of closers.reverse()) await within(1000, close);
  };
  try {
    await mkdir(options.data, { recursive: true });
    await endLeftovers(join(options.data, 'children.json'));
    const children = new ProcessFile(join(options.data, 'children.json'));

    const outbox = await openOutbox(join(options.data, 'outbox'), outboxOptions(clock));
    closers.push(() => outbox.close());

    const camera = box.camera && (await openCameraRole(box, box.camera, options, outbox, faults));
    if (camera) closers.push(camera.close);

    const uplink = box.uplink ? openUplink(box, box.uplink.url, outbox, clock, (line) => log.warn({}, line)) : null;

    const keeper = new StateKeeper({ box, clock, outbox, uplink, cache: options.cache, data: options.data });
    const told = (id: string) => {
      const stored = camera?.maker.list(null, 1000)?.find((one) => one.case.id === id);
      if (stored) hub.emit({ event: 'case', data: apiCase(stored) });
    };
    if (camera) {
      const acked = (upTo: number) => {
        const { epoch } = outbox.lane('case');
        for (const id of camera.maker.acknowledged('case', epoch, upTo)) told(id);
      };
      acked(outbox.lane('case').acked);
      keeper.onAck = (lane, upTo) => {
        if (lane === 'case') acked(upTo);
      };
      const sightings = new Sightings(camera.maker, onTaken(camera.maker, log, told), (e) => faults.add(e, 'cases'));
      closers.push(() => sightings.close());
      for (const one of camera.site.cameras) {
        const first = one === camera.site.cameras[0] ? box.camera?.source : undefined;
        const running = new RunningCamera({
          device: box.device,
          site: camera.site,
          camera: one,
          source: first ?? one.source ?? '',
          loop: box.camera?.loop ?? false,
          looker: camera.looker,
          clock,
          onReport: (report) => hub.emit({ event: 'frame', data: report }),
          onSighting: (sighting) => sightings.take(sighting),
          onChange: () => keeper.changed(),
          onFault: (error) => faults.add(error, `camera ${one.id}`),
          onChild: (pid, started) => (started ? children.add(pid) : children.remove(pid)),
        });
        keeper.cameras.push(running);
        closers.push(() => running.close());
      }
    }
    keeper.onChange = (state) => hub.emit({ event: 'state', data: state });
    keeper.demo = options.fresh !== undefined;
    await keeper.start();
    closers.push(() => keeper.stop());
    uplink?.link(keeper);
    if (uplink) closers.push(() => uplink.close());

    const metrics = agentMetrics(
      () => keeper.state(),
      () => faults.counts(),
    );
    const page = await startConsole({
      host: box.page.host,
      port: await pagePort(box.page.host, box.page.port ?? options.port),
      log,
      sources: {
        state: () => keeper.state(),
        cases: async (after, limit) => camera?.maker.list(after, limit)?.map(apiCase) ?? (after === null ? [] : null),
        evidence: async (id) => (await camera?.maker.picture(id)) ?? null,
        frame: async (id, seq) => (await keeper.cameras.find((one) => one.id === id)?.path.jpeg(seq)) ?? null,
        metrics: () => metrics.metrics(),
        subscribe: (listener) => hub.subscribe(listener),
        ...(options.fresh ? { fresh: options.fresh } : {}),
      },
    });
    closers.push(() => page.close());
    log.info({ device: box.device, version: VERSION, port: page.port, data: options.data }, 'the agent runs');
    return { port: page.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function outboxOptions(clock: Clock) {
  return { clock, bootId: clock.boot, newEpoch: () => randomBytes(8).toString('hex') };
}

/** Everything between a sighting and a record, for the camera role. */
async function openCameraRole(
  box: Box,
  role: NonNullable<Box['camera']>,
  options: AgentOptions,
  outbox: Outbox,
  faults: FaultLog,
) {
  const taxonomy = loadTaxonomy();
  const site = await loadSite(role.site);
  checkCodes(taxonomy, site.profile, role.site);
  const card = await chosenCard(role.model);
  const looker: Looker = await createLooker({
    card,
    cacheDir: options.cache,
    workers: role.workers,
    onRestart: (why) => faults.add(why, 'looker'),
  });
  const onFault = (error: unknown) => faults.add(error, 'cases');
  const store = new CaseStore(join(options.data, 'cases'), onFault);
  const maker = new CaseMaker({
    device: box.device,
    site,
    taxonomy,
    looker,
    store,
    pictures: new PictureFolder(join(options.data, 'pictures')),
    outbox,
    onFault,
  });
  await maker.recover();
  const close = async () => {
    await within(600, () => maker.settled());
    await looker.close();
    store.close();
  };
  return { site, looker, maker, close };
}

/** The session upstream; `link` joins it to who wants to know of it, and starts it. */
function openUplink(box: Box, url: string, outbox: Outbox, clock: Clock, log: (line: string) => void) {
  let keeper: StateKeeper | null = null;
  const uplink = new Uplink({
    city: box.city,
    device: box.device,
    broker: url,
    lanes: LANES.map((lane) => outbox.lane(lane)),
    birth: { version: VERSION, boot: clock.boot, roles: box.camera ? ['camera'] : [] },
    clock,
    random: Math.random,
    onState: () => keeper?.changed(),
    onAck: (lane, upTo) => keeper?.onAck(lane, upTo),
    log,
  });
  return {
    state: () => uplink.state(),
    link(to: StateKeeper) {
      keeper = to;
      uplink.start();
    },
    close: () => uplink.close(),
  };
}

/** Runs an ending step, for a bounded time: a part that hangs or fails must not keep the others from ending. */
async function within(ms: number, step: () => Promise<unknown> | unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((done) => {
    timer = setTimeout(done, ms);
  });
  await Promise.race([
    Promise.resolve()
      .then(step)
      .catch(() => {}),
    bound,
  ]);
  clearTimeout(timer);
}
