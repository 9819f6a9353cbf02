// agent/main: `kerbside run`: the agent, until a signal, or until the parent that started it is gone.
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/index.ts';
import { loadBox } from '../../config/box.ts';
import { startAgent } from '../agent.ts';
import { env } from '../env.ts';

export const help = `
usage: kerbside run --config FILE

Runs a box: cameras, cases, the outbox, the way upstream, and the page. examples/box.yaml explains every key.`;

export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    // --demo: the parent is the demo, and begins everything anew when it is asked to
    options: { config: { type: 'string' }, demo: { type: 'boolean', default: false } },
  });
  if (values.config === undefined) {
    throw new KerbError('USAGE', '--config is missing', 'kerbside run', 'give the path of a box file');
  }
  const { home, cache, port, installed } = env();
  const box = await loadBox(values.config);
  const fresh = async () => {
    process.send?.({ kind: 'fresh' });
  };
  let end: (status: number) => void = () => {};
  const ended = new Promise<number>((done) => {
    end = done;
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  // Whoever started us through an IPC channel is gone: do not live on as an orphan beside our successor.
  process.on('disconnect', () => end(0));
  // ... or was gone before this line was reached
  if (process.send && !process.connected) end(0);
  const agent = await startAgent(box, {
    data: box.data ?? join(home, 'agent'),
    cache,
    flows: join(home, 'flows'),
    port,
    installed,
    ...(values.demo ? { fresh } : {}),
  });
  process.on('message', (message: { kind?: unknown; line?: unknown; state?: unknown } | null) => {
    if (message?.kind === 'line') agent.setLine(String(message.line), message.state === 1 ? 1 : 0);
  });
  process.send?.({ kind: 'ready', port: agent.port });
  // A box that loses its power never exits in order: keep the compiled code now, so that the next start is light.
  flushCompileCache();
  const status = await ended;
  await agent.stop();
  // Nothing may keep the process: a stuck thread or handle is not worth a hanging end.
  process.exit(status);
}
