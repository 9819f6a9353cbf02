// agent/main: the composition root of a box. Reads top to bottom: what is made here is joined here and nowhere else.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LANES } from '../../contract/index.ts';
import type { Commands } from '../commands/index.ts';
import type { Box } from '../config/box.ts';
import type { ApiCase } from '../console/api.ts';
import { startConsole } from '../console/server.ts';
import { openOutbox } from '../outbox/index.ts';
import { Uplink } from '../uplink/index.ts';
import { openCommands } from './box-commands.ts';
import { BoxTime } from './box-time.ts';
import type { CameraRole, CameraRoleOptions } from './camera-role.ts';
import { apiCase } from './cases.ts';
import { endLeftovers, ProcessFile } from './demo/processes.ts';
import type { Env } from './env.ts';
import { type BookHolder, openBook } from './flows/book.ts';
import { openWired, type Wired, wantsFlows } from './flows/open.ts';
import { Hub } from './hub.ts';
import { FaultLog, openLog } from './log.ts';
import { agentMetrics } from './metrics.ts';
import { pagePort } from './ports.ts';
import { StateKeeper } from './state.ts';
import type { Updates, UpdatesOptions } from './updates/open.ts';
import type { Pushed } from './updates/pushed.ts';
import { underWay } from './updates/quiet.ts';
import { brokenUpdates, releaseCommit, updatesState } from './updates/state.ts';
import { uplinkMemory } from './uplink-memory.ts';
import type { RunningVehicle, RunningVehicleOptions } from './vehicle.ts';
import { VERSION } from './version.ts';
import { within } from './within.ts';

export interface AgentOptions {
  /** folder of all state */
  readonly data: string;
  readonly cache: string;
  /** folder of the flows, unless the box file names another */
  readonly flows: string;
  /** of the environment; the configuration's own comes first */
  readonly port: number | null;
  /** where the box is installed; null in a checkout */
  readonly installed: Env['installed'];
  /** begins everything anew; where it is given the page shows that this is a demo */
  readonly fresh?: () => Promise<void>;
}

export interface Agent {
  readonly port: number;
  /** Moves a fake line of the vehicle role, as the demo's truck does. */
  setLine(id: string, state: 0 | 1): void;
  stop(): Promise<void>;
}

/** Each part gets so long to end; all of them together fit into the two seconds a technician waits for Ctrl-C. */
const END_WITHIN_MS = 1000;

/** Starts a box. @throws KerbError for anything in its configuration, site, card or model that is not right */
export async function startAgent(box: Box, options: AgentOptions): Promise<Agent> {
  const { data, cache } = options;
  await mkdir(data, { recursive: true });
  const log = openLog('agent');
  const time: BoxTime = new BoxTime(data, (error) => faults.add(error, 'clock'));
  const { clock } = time;
  const faults = new FaultLog(log, clock.mono);
  const hub = new Hub();
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await within(END_WITHIN_MS, close);
  };
  try {
    await endLeftovers(join(data, 'children.json'));
    const children = new ProcessFile(join(data, 'children.json'));

    const outbox = await openOutbox(join(data, 'outbox'), {
      clock,
      bootId: clock.boot,
      newEpoch: () => randomBytes(8).toString('hex'),
    });
    closers.push(() => outbox.close());

    let camera: CameraRole | null = null;
    let cases: Pick<BookHolder, 'book' | 'acknowledged'> | null = null;
    let wired: Wired | null = null;
    let commands: Commands | null = null;
    const onCase = (made: ApiCase) => {
      hub.emit({ event: 'case', data: made });
      wired?.flows?.case(made);
    };
    const tell = (id: string) => {
      const stored = cases?.book.find(id);
      if (stored) onCase(apiCase(stored));
    };
    let updates: Updates | null = null;
    const noUpdates = (error: unknown) => {
      faults.add(error, 'updates');
      updates = brokenUpdates(error, clock.wall());
      return null;
    };
    const pushed = box.updates ? await openPushed(data).catch(noUpdates) : null;
    const uplink = box.uplink
      ? new Uplink({
          city: box.city,
          device: box.device,
          broker: box.uplink.url,
          lanes: LANES.map((lane) => outbox.lane(lane)),
          birth: () => ({ version: VERSION, boot: clock.boot, roles: rolesOf(box), boots: time.boots.told }),
          anchorOf: (boot) => time.boots.anchorOf(boot),
          ...(box.uplink.tls ? { tls: box.uplink.tls } : {}),
          memory: uplinkMemory(join(data, 'uplink.json')),
          clock,
          random: Math.random,
          limits: {
            spread: box.uplink.reconnect_spread_s * 1000,
            backoffMax: box.uplink.reconnect_max_s * 1000,
            keepalive: box.uplink.keepalive_s * 1000,
          },
          onState: () => keeper.changed(),
          onAck: (lane, upTo) => {
            if (lane === 'case') cases?.acknowledged(upTo);
          },
          onDown: (what, payload) => {
            if (what === 'desired') updates?.poke(payload);
            if (what === 'command') commands?.take(payload);
          },
          log: (line) => log.warn({ part: 'uplink' }, line),
        })
      : null;
    const keeper = new StateKeeper({ box, roles: rolesOf(box), clock, outbox, uplink, cache, data });
    time.onKnown = (boot) => {
      log.info({ ...boot.anchor }, 'the time is known');
      uplink?.bornAgain();
    };
    await time.start();
    closers.push(() => time.stop());
    keeper.demo = options.fresh !== undefined;

    if (box.camera) {
      camera = await openCamera({
        box,
        role: box.camera,
        data,
        cache,
        clock,
        outbox,
        log,
        faults,
        pushed,
        onFrame: (frame) => hub.emit({ event: 'frame', data: frame }),
        onCase,
        onEvent: (event) => wired?.flows?.event(event),
        onChange: () => keeper.changed(),
        onChild: (pid, started) => (started ? children.add(pid) : children.remove(pid)),
        underWay: () => underWay(updates?.view() ?? null, options.installed),
      });
      closers.push(camera.close);
      keeper.cameras = camera.cameras;
      keeper.site = camera.rules;
      keeper.looks = camera.looks;
      cases = camera;
    } else if (wantsFlows(box)) {
      const holder = await openBook(data, outbox, faults, tell);
      closers.push(() => holder.close());
      cases = holder;
    }

    let vehicle: RunningVehicle | null = null;
    if (box.vehicle) {
      vehicle = await openVehicle({
        role: box.vehicle,
        data,
        clock,
        onTime: (utc) => clock.tell(utc),
        outbox,
        onState: (state) => hub.emit({ event: 'vehicle', data: state }),
        onPoint: (point) => wired?.flows?.telemetry(point),
        onEvent: ({ what, at, line }) => log.info({ what, at, ...(line ? { line } : {}) }, 'vehicle'),
        onFault: (error) => faults.add(error, 'vehicle'),
      });
      const running = vehicle;
      closers.push(() => running.close());
      keeper.vehicle = running;
    }

    wired = await openWired({
      box,
      data,
      folder: options.flows,
      clock,
      faults,
      site: () => camera?.site ?? null,
      cameras: camera?.cameras ?? [],
      position: () => vehicle?.position() ?? null,
      book: cases?.book ?? null,
      onCase: ({ id, code }) => {
        log.info({ case: id, code }, 'a flow reported a case');
        tell(id);
      },
      onChange: () => keeper.changed(),
    });
    const { flows } = wired;
    closers.push(wired.close);
    keeper.wired = wired;

    const about = { commit: await releaseCommit(), slot: options.installed?.slot ?? null };
    keeper.updates = () => {
      const source = box.updates && updates ? { url: box.updates.url, view: updates.view() } : null;
      return updatesState(about, camera?.running() ?? null, source);
    };
    keeper.onChange = (state) => hub.emit({ event: 'state', data: state });
    await keeper.start();
    closers.push(() => keeper.stop());
    if (uplink) {
      const taken = openCommands({
        device: box.device,
        version: VERSION,
        data,
        clock,
        outbox,
        uplink,
        camera,
        book: cases?.book ?? null,
        profiles: () => [camera?.site.profile.version, vehicle?.profile].filter((name) => name !== undefined),
        onFault: (fault) => faults.add(fault, 'commands'),
      });
      commands = taken;
      closers.push(() => taken.close());
      uplink.start();
      closers.push(() => uplink.close());
    }

    const metrics = agentMetrics(
      () => keeper.state(),
      () => faults.counts(),
      () => commands?.counters() ?? null,
      () => uplink?.counters() ?? null,
    );
    const page = await startConsole({
      host: box.page.host,
      port: await pagePort(box.page.host, box.page.port ?? options.port),
      log,
      sources: {
        state: () => keeper.state(),
        cases: async (after, limit) => cases?.book.list(after, limit)?.map(apiCase) ?? (after === null ? [] : null),
        evidence: async (id) => (await cases?.book.picture(id)) ?? null,
        frame: async (id, seq) => (await camera?.cameras.find((one) => one.id === id)?.path.jpeg(seq)) ?? null,
        metrics: () => metrics.metrics(),
        subscribe: (listener) => hub.subscribe(listener),
        ...(camera ? { site: camera.rules, nearMisses: camera.nearMisses } : {}),
        ...(vehicle ? vehicleSources(vehicle) : {}),
        ...(flows ? { flows } : {}),
        ...(options.fresh ? { fresh: options.fresh } : {}),
      },
    });
    closers.push(() => page.close());
    if (pushed) {
      const opened = await openUpdates({
        box,
        data,
        installed: options.installed,
        clock,
        pushed,
        kinds: camera?.kinds ?? [],
        outbox,
        book: cases?.book ?? null,
        onChange: () => keeper.changed(),
        onFault: (error) => faults.add(error, 'updates'),
        log,
      }).catch(noUpdates);
      if (opened) updates = opened;
      closers.push(() => updates?.close());
    }
    log.info({ device: box.device, version: VERSION, port: page.port, data }, 'the agent runs');
    return { port: page.port, setLine: (id, state) => void vehicle?.setLine(id, state), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function rolesOf(box: Box): ('camera' | 'vehicle')[] {
  return [...(box.camera ? (['camera'] as const) : []), ...(box.vehicle ? (['vehicle'] as const) : [])];
}

// A role's code is loaded only where the box plays it: a vehicle terminal carries no inference in its memory.
async function openCamera(options: CameraRoleOptions): Promise<CameraRole> {
  return (await import('./camera-role.ts')).openCameraRole(options);
}
async function openPushed(data: string): Promise<Pushed> {
  return (await import('./updates/pushed.ts')).openPushed(data);
}
async function openUpdates(options: UpdatesOptions): Promise<Updates> {
  return (await import('./updates/open.ts')).openUpdates(options);
}
async function openVehicle(options: RunningVehicleOptions): Promise<RunningVehicle> {
  return (await import('./vehicle.ts')).openVehicle(options);
}

function vehicleSources(vehicle: RunningVehicle) {
  return {
    trail: (since: number | null) => vehicle.trail(since),
    map: () => vehicle.map,
    ...(vehicle.switchable ? { setLine: (id: string, state: 0 | 1) => vehicle.setLine(id, state) } : {}),
  };
}
