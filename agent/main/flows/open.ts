// agent/main/flows: what is wired to the box, opened: output lines, and flows where the box runs them. In: the box's
// configuration and its parts. Out: both, and their state as the page's interface gives it.
import { dirname, resolve } from 'node:path';
import { KerbError } from '../../../contract/index.ts';
import { openOnoffOutput } from '../../../drivers/gpio/onoff-pin.ts';
import { Outputs } from '../../../drivers/gpio/outputs.ts';
import type { Box } from '../../config/box.ts';
import type { OutputState } from '../../console/api-flows.ts';
import type { LocalPicture } from '../../local/index.ts';
import type { RunningCamera } from '../camera.ts';
import { forgetFlowsConfig } from './files.ts';
import type { FlowsOptions, RunningFlows } from './index.ts';

export interface Wired {
  readonly flows: RunningFlows | null;
  outputs(): OutputState[];
  close(): Promise<void>;
}

export interface WiredOptions
  extends Omit<FlowsOptions, 'role' | 'folder' | 'outputs' | 'book' | 'device' | 'snapshot'> {
  readonly box: Box;
  /** folder of the agent's state */
  readonly data: string;
  /** where flows keep what is theirs, unless the box file names another folder */
  readonly folder: string;
  /** null where no flows are wanted */
  readonly book: FlowsOptions['book'] | null;
  readonly cameras: readonly Pick<RunningCamera, 'id' | 'snapshot'>[];
}

/** Whether flows are wanted. */
export const wantsFlows = (box: Box): boolean => box.flows?.enabled === true;

/** Never throws for what is wired: a line that cannot be opened and flows that cannot run are shown. */
export async function openWired(options: WiredOptions): Promise<Wired> {
  const { box, book, clock, faults, cameras, onChange } = options;
  const outputs = await Outputs.open(box.outputs, openOnoffOutput, clock.wall, onChange);
  for (const { id, error } of outputs.now()) {
    if (error !== undefined) faults.add(new KerbError('OUTPUT_FAILED', error, id, 'see the health page'), 'outputs');
  }
  const folder = box.flows?.folder ?? options.folder;
  let flows: RunningFlows | null = null;
  if (box.flows && wantsFlows(box) && book) {
    // loaded only where flows are wanted
    const { RunningFlows } = await import('./index.ts');
    const snapshot = (id: string | undefined) => picture(cameras, id);
    flows = new RunningFlows({ ...options, role: box.flows, device: box.device, folder, outputs, book, snapshot });
    await flows.start();
  } else if (box.flows || dirname(resolve(options.data)) === dirname(folder)) {
    // of this home, and of no other
    await forgetFlowsConfig(folder).catch((error) => faults.add(error, 'flows'));
  }
  const names = new Map(box.outputs.map(({ id, name }) => [id, name]));
  return {
    flows,
    outputs: () => outputs.now().map(({ id, ...line }) => ({ id, name: names.get(id) ?? { zh: id, en: id }, ...line })),
    async close() {
      await flows?.close();
      outputs.close();
    },
  };
}

/** @throws KerbError SNAPSHOT_CAMERA, SNAPSHOT_NONE */
async function picture(cameras: WiredOptions['cameras'], id: string | undefined): Promise<LocalPicture> {
  const camera = id === undefined ? cameras[0] : cameras.find((one) => one.id === id);
  if (!camera) {
    const names = cameras.map((one) => one.id).join(', ') || 'none';
    throw new KerbError(
      'SNAPSHOT_CAMERA',
      `this box has no such camera (it has: ${names})`,
      id ?? 'camera',
      'name one',
    );
  }
  const taken = await camera.snapshot();
  if (!taken) throw new KerbError('SNAPSHOT_NONE', 'it gives no picture now', camera.id, 'see the health page');
  const { jpeg, time, persons } = taken;
  return { camera: camera.id, at: time, jpeg, masked: { persons } };
}
