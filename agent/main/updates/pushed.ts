// agent/main/updates: what updates brought to this box: kept goods and what is remembered of them, in DATA/updates.
import { join } from 'node:path';
import { GoodsStore, UpdateMemory } from '../../../ota/device/index.ts';

/** The goods of a box, and what it remembers of them. */
export interface Pushed {
  readonly folder: string;
  readonly memory: UpdateMemory;
  readonly goods: GoodsStore;
}

/** @param data the agent's folder @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL */
export async function openPushed(data: string): Promise<Pushed> {
  const folder = join(data, 'updates');
  return { folder, memory: await UpdateMemory.open(folder), goods: new GoodsStore(join(folder, 'goods')) };
}
