// agent/main: the composition root of a box. Reads top to bottom: what is made here is joined here and nowhere else.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LANES } from '../../contract/index.ts';
import type { Box } from '../config/box.ts';
import { startConsole } from '../console/server.ts';
import { systemClock } from '../health/clock.ts';
import { openOutbox } from '../outbox/index.ts';
import { Uplink } from '../uplink/index.ts';
import type { CameraRole, CameraRoleOptions } from './camera-role.ts';
import { apiCase } from './cases.ts';
import { endLeftovers, ProcessFile } from './demo/processes.ts';
import { Hub } from './hub.ts';
import { FaultLog, openLog } from './log.ts';
import { agentMetrics } from './metrics.ts';
import { pagePort } from './ports.ts';
import { StateKeeper } from './state.ts';
import type { RunningVehicle, RunningVehicleOptions } from './vehicle.ts';
import { VERSION } from './version.ts';
import { within } from './within.ts';

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
  /** Moves a fake line of the vehicle role, as the demo's truck does. */
  setLine(id: string, state: 0 | 1): void;
  stop(): Promise<void>;
}

/** Each part gets so long to end; all of them together fit into the two seconds a technician waits for Ctrl-C. */
const END_WITHIN_MS = 1000;

/** Starts a box. @throws KerbError for anything in its configuration, site, card or model that is not right */
export async function startAgent(box: Box, options: AgentOptions): Promise<Agent> {
  const { data, cache } = options;
  const clock = systemClock();
  const log = openLog('agent');
  const faults = new FaultLog(log, clock.mono);
  const hub = new Hub();
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await within(END_WITHIN_MS, close);
  };
  try {
    await mkdir(data, { recursive: true });
    await endLeftovers(join(data, 'children.json'));
    const children = new ProcessFile(join(data, 'children.json'));

    const outbox = await openOutbox(join(data, 'outbox'), {
      clock,
      bootId: clock.boot,
      newEpoch: () => randomBytes(8).toString('hex'),
    });
    closers.push(() => outbox.close());

    let camera: CameraRole | null = null;
    const uplink = box.uplink
      ? new Uplink({
          city: box.city,
          device: box.device,
          broker: box.uplink.url,
          lanes: LANES.map((lane) => outbox.lane(lane)),
          birth: { version: VERSION, boot: clock.boot, roles: rolesOf(box) },
          clock,
          random: Math.random,
          limits: { backoffMax: box.uplink.reconnect_max_s * 1000 },
          onState: () => keeper.changed(),
          onAck: (lane, upTo) => {
            if (lane === 'case') camera?.acknowledged(upTo);
          },
          log: (line) => log.warn({ part: 'uplink' }, line),
        })
      : null;
    const keeper = new StateKeeper({ box, roles: rolesOf(box), clock, outbox, uplink, cache, data });
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
        onFrame: (frame) => hub.emit({ event: 'frame', data: frame }),
        onCase: (made) => hub.emit({ event: 'case', data: made }),
        onChange: () => keeper.changed(),
        onChild: (pid, started) => (started ? children.add(pid) : children.remove(pid)),
      });
      closers.push(camera.close);
      keeper.cameras = camera.cameras;
    }

    let vehicle: RunningVehicle | null = null;
    if (box.vehicle) {
      vehicle = await openVehicle({
        role: box.vehicle,
        data,
        clock,
        outbox,
        onState: (state) => hub.emit({ event: 'vehicle', data: state }),
        onEvent: ({ what, at, line }) => log.info({ what, at, ...(line ? { line } : {}) }, 'vehicle'),
        onFault: (error) => faults.add(error, 'vehicle'),
      });
      const running = vehicle;
      closers.push(() => running.close());
      keeper.vehicle = running;
    }

    keeper.onChange = (state) => hub.emit({ event: 'state', data: state });
    await keeper.start();
    closers.push(() => keeper.stop());
    if (uplink) {
      uplink.start();
      closers.push(() => uplink.close());
    }

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
        frame: async (id, seq) => (await camera?.cameras.find((one) => one.id === id)?.path.jpeg(seq)) ?? null,
        metrics: () => metrics.metrics(),
        subscribe: (listener) => hub.subscribe(listener),
        ...(vehicle ? vehicleSources(vehicle) : {}),
        ...(options.fresh ? { fresh: options.fresh } : {}),
      },
    });
    closers.push(() => page.close());
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
