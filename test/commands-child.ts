// test: a box's commands as a process to be killed, for agent/commands/commands.test.ts.
// In: folder, when to die (never, begun, kept, written), one command as JSON. Out: `run` and its process id each time
// its handler began, `answer {...}`, `ended`.
import { writeSync } from 'node:fs';
import { Commands } from '../agent/commands/index.ts';

const [dir = '', when = 'never', text = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const die = (at: string) => {
  if (when === at) process.kill(process.pid, 'SIGKILL');
};

const commands = new Commands({
  device: 'box-1',
  dir,
  clock: { wall: () => 1000, mono: () => performance.now(), quality: () => 'held' },
  facts: { boot: 'b', version: '1', profiles: () => [], caseState: () => null },
  handlers: {
    ping: async (_, { draft, keep }) => {
      say(`run ${process.pid}`);
      die('begun');
      const kept = draft();
      const made = kept ?? { text: `made by ${process.pid}`, bytes: Buffer.from([1, 2, 3]) };
      if (!kept) keep(made);
      die('kept');
      return { made: made.text, bytes: made.bytes.length };
    },
  },
  answer: (_, reply) => {
    die('written');
    say(`answer ${reply}`);
  },
  onFault: (fault) => say(`fault ${fault.message}`),
});
commands.take(Buffer.from(text));
await commands.settled();
await commands.close();
say('ended');
