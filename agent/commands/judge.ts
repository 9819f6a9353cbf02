// agent/commands: may this command run, now, on this box? Pure. In: a command, the time and how sure it is, facts.
// Out: yes, or how the command ends without having begun.
import { type Command, firstIssue, type Guard, paramsSchemas, type Reply } from '../../contract/index.ts';
import type { Facts } from './types.ts';

export interface Now {
  /** epoch ms */
  readonly wall: number;
  readonly quality: Reply['clock'];
}

/** How a command ends. */
export type End = Pick<Reply, 'state' | 'reason' | 'result'>;

/** @param knows kinds that this box can do. @returns null: it may run */
export function judge(command: Command, now: Now, facts: Facts, knows: (name: string) => boolean): End | null {
  return late(command, now) ?? unfit(command, knows) ?? untrue(command.guard, facts);
}

/** By the best clock there is; without one, what depends on time is not done at all. */
function late({ expires, guard }: Command, { wall, quality }: Now): End | null {
  if (quality === 'unknown' && (expires !== undefined || guard !== undefined)) {
    return { state: 'refused', reason: 'unknown clock: this box does not know the time yet' };
  }
  if (expires === undefined || wall < expires) return null;
  return { state: 'expired', reason: `came ${((wall - expires) / 1000).toFixed(1)} s too late; nothing was done` };
}

function unfit({ name, params }: Command, knows: (name: string) => boolean): End | null {
  if (!Object.hasOwn(paramsSchemas, name)) return { state: 'refused', reason: 'unknown kind' };
  const read = paramsSchemas[name as keyof typeof paramsSchemas].safeParse(params);
  if (!read.success) return { state: 'refused', reason: `parameters: ${firstIssue(read.error)}`.slice(0, 500) };
  return knows(name) ? null : { state: 'refused', reason: 'this box has nothing to do it with' };
}

function untrue(guard: Guard | undefined, facts: Facts): End | null {
  if (!guard) return null;
  const failed = (reason: string): End => ({ state: 'guard-failed', reason });
  if (guard.boot !== undefined && guard.boot !== facts.boot) return failed(`this is boot ${facts.boot}`);
  if (guard.version !== undefined && guard.version !== facts.version) return failed(`this is version ${facts.version}`);
  if (guard.profile !== undefined && !facts.profiles().includes(guard.profile)) {
    return failed(`in force: profile ${facts.profiles().join(', ') || 'none'}`.slice(0, 500));
  }
  if (guard.case === undefined) return null;
  const state = facts.caseState(guard.case.id);
  return state === guard.case.state ? null : failed(state === null ? 'no such case here' : `the case is ${state}`);
}
