// agent/main/updates: is an update under way? In: what the manager says, the launcher's word. Out: what must not be disturbed
// now. Never: code of updates loaded on a box that takes none.
import type { UpdatesView } from '../../../ota/device/index.ts';
import type { Env } from '../env.ts';

/** update: one is fetched or proves itself; slot: the launcher has not kept this release yet; null: all is quiet. */
export async function underWay(
  view: Pick<UpdatesView, 'items'> | null,
  installed: Env['installed'],
): Promise<'update' | 'slot' | null> {
  if (view?.items.some(({ result }) => result === 'pending' || result === 'trial')) return 'update';
  if (!installed) return null;
  const { launcherState } = await import('../../../ota/device/apply/launcher.ts');
  const { committed, trial, wanted } = await launcherState(installed);
  return trial || wanted || committed !== installed.slot ? 'slot' : null;
}
