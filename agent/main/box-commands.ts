// agent/main: what commands of the centre can do on this box, joined: who the box is, its uplink, its cameras, its cases.
import { join } from 'node:path';
import { type Guard, KerbError, LANES } from '../../contract/index.ts';
import type { CaseBook } from '../cases/index.ts';
import {
  Commands,
  drainRateHandler,
  type Handler,
  pingHandler,
  type SnapshotSource,
  snapshotHandler,
} from '../commands/index.ts';
import type { Clock } from '../health/clock.ts';
import type { Outbox } from '../outbox/index.ts';
import type { Uplink } from '../uplink/index.ts';
import type { CameraRole } from './camera-role.ts';

export interface BoxCommandsOptions {
  readonly device: string;
  readonly version: string;
  /** folder of all state */
  readonly data: string;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly uplink: Uplink;
  readonly camera?: Pick<CameraRole, 'cameras' | 'maker'> | null;
  readonly book?: CaseBook | null;
  /** versions of the profiles in force */
  readonly profiles?: () => readonly string[];
  readonly onFault: (fault: KerbError) => void;
}

/** Opens what takes down/command. @throws KerbError COMMANDS_DB_NEWER, COMMANDS_DB_FAILED */
export function openCommands(options: BoxCommandsOptions): Commands {
  const { device, version, data, clock, outbox, uplink, camera, book, onFault } = options;
  const waiting = async () => {
    const counts = LANES.map(async (lane) => [lane, (await outbox.lane(lane).stats()).waiting] as const);
    return Object.fromEntries(await Promise.all(counts));
  };
  const handlers: Record<string, Handler> = {
    ping: pingHandler({ version, boot: clock.boot, clock, started: clock.mono(), waiting }),
    'drain-rate': drainRateHandler(uplink),
    ...(camera ? { snapshot: snapshotHandler(snapshots(camera)) } : {}),
  };
  const caseState = (id: string): NonNullable<Guard['case']>['state'] | null => (book?.find(id) ? 'open' : null);
  return new Commands({
    device,
    dir: join(data, 'commands'),
    clock,
    facts: { boot: clock.boot, version, profiles: options.profiles ?? (() => []), caseState },
    handlers,
    answer: (id, reply) => void uplink.publish(`reply/${id}`, reply),
    onFault,
  });
}

function snapshots({ cameras, maker }: Pick<CameraRole, 'cameras' | 'maker'>): SnapshotSource {
  return {
    cameras: () => cameras.map(({ id }) => id),
    async take(id, command) {
      const camera = cameras.find((one) => one.id === id);
      const { state, reason = 'no picture yet' } = camera?.state() ?? { state: 'lost' };
      const frame = state === 'live' ? camera?.path.newest()?.frame : null;
      // A picture of before would not be what was asked for: how it looks now.
      if (!frame) throw new KerbError('SNAPSHOT_CAMERA', reason, `camera ${id}`, 'ask again when it is live');
      return maker.snapshot(frame, ['command', command]);
    },
    hand: (command, picture) => maker.book.put(command, picture),
  };
}
