// agent/commands: what its tests share: commands as the centre gives them, and a box with a clock of the test's own.
import type { ExecutionContext } from 'ava';
import { type Command, commandSchema, type KerbError, type Reply, replySchema } from '../../contract/index.ts';
import { tempDir } from '../../test/chain-rig.ts';
import { Commands, type CommandsOptions } from './index.ts';

export const NOW = 1_800_000_000_000;

let made = 0;
export const command = (more: Partial<Command> = {}): Command =>
  commandSchema.parse({
    v: 1,
    kind: 'command',
    id: `c${++made}`,
    device: 'box-1',
    name: 'ping',
    at: NOW,
    order: made,
    ...more,
  });
export const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

export function box(t: ExecutionContext, more: Partial<CommandsOptions> = {}, dir = tempDir(t)) {
  const answers: Reply[] = [];
  const faults: KerbError[] = [];
  const clock = { now: NOW, quality: 'held' as Reply['clock'] };
  const commands = new Commands({
    device: 'box-1',
    dir,
    clock: { wall: () => clock.now, mono: () => performance.now(), quality: () => clock.quality },
    facts: {
      boot: 'boot-1',
      version: '1.2',
      profiles: () => ['p1'],
      caseState: (id) => (id === 'case-1' ? 'open' : null),
    },
    handlers: { ping: async () => ({ pong: true }) },
    answer: (id, text) => {
      const reply = replySchema.parse(JSON.parse(text));
      t.is(reply.id, id);
      answers.push(reply);
    },
    onFault: (fault) => faults.push(fault),
    ...more,
  });
  t.teardown(() => commands.close());
  const ask = async (value: Partial<Command> = {}) => {
    const given = command(value);
    commands.take(bytes(given));
    await commands.settled();
    return answers.findLast(({ id }) => id === given.id);
  };
  return { commands, answers, faults, clock, ask, dir };
}
