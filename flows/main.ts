// flows: the program: scripts/node24 flows/main.ts --config FILE. Reads top to bottom: configuration, watchdog, link to
// the agent, Node-RED, heartbeat. It ends when whoever started it is gone, when its configuration is another one, or when
// the watchdog says so.
import './runtime/small.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../contract/errors.ts';
import { editorOpenSchema, type FlowsAlive } from '../contract/local.ts';
import { setLink } from './nodes/link.ts';
import { type FlowsConfig, loadFlowsConfig, startedFrom } from './runtime/config.ts';
import { EditorDoor } from './runtime/editor.ts';
import { clearEnds, countEnd, countEnded, endedFile, readEnds, SAFE_AFTER } from './runtime/ends.ts';
import { Link } from './runtime/link.ts';
import { log } from './runtime/log.ts';
import { preflight } from './runtime/preflight.ts';
import { type Engine, NODES_DIR, READY_DIR, startEngine, tidy } from './runtime/runtime.ts';
import { settingsOf } from './runtime/settings.ts';
import { startWatchdog } from './runtime/watchdog.ts';

const USAGE = 'usage: flows/main.ts --config FILE';
/** Between two heartbeats. */
const BEAT_MS = 2000;
/** Between two looks at the configuration. */
const CONFIG_MS = 3000;
/** After the start; once flows run. */
const TIDY_MS = 2000;
/** So long a run without an end forgets the ends before it. */
const HEALTHY_MS = 10 * 60_000;

async function run(file: string, config: FlowsConfig): Promise<void> {
  const since = Date.now();
  mkdirSync(config.user_dir, { recursive: true, mode: 0o700 });
  // when the box runs out of memory, this process goes before the agent does
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // not on this system
  }
  const armed = startWatchdog({
    hangS: config.hang_s,
    maxRss: config.memory_mb * 1e6,
    file: endedFile(config.user_dir),
  });
  process.on('uncaughtException', (error) => {
    const reason = `a flow threw: ${oneLine(error)}`;
    countEnd(config.user_dir, reason);
    log('error', 'FLOWS_ENDED', reason);
    process.exit(1);
  });

  const faults = preflight(config.user_dir, READY_DIR, config.ready);
  for (const fault of faults) log('error', fault.code, fault.message);
  countEnded(config.user_dir);
  const ends = readEnds(config.user_dir);
  const safeMode = ends.count >= SAFE_AFTER;
  if (safeMode) log('error', 'FLOWS_SAFE_MODE', `flows are loaded and not run: ${ends.count} ends, ${ends.last ?? ''}`);

  const { url, user } = config.broker;
  const link = new Link({ url, user, password: config.password });
  setLink(link);
  let door!: EditorDoor;
  let engine: Engine | undefined;
  engine = await startEngine(
    (app) => {
      door = new EditorDoor(config.editor.port, app, Date.now, (state) => {
        beat();
        if (!state.open) setTimeout(tidy, TIDY_MS);
      });
      return door.server;
    },
    settingsOf({
      userDir: config.user_dir,
      nodesDir: NODES_DIR,
      secret: config.secret,
      safeMode,
      // the door is made in between: its auth is asked for at each log-in only
      adminAuth: {
        type: 'credentials',
        users: (name: string) => door.auth.users(name),
        authenticate: (name: string, password: string) => door.auth.authenticate(name, password),
        tokens: (token: string) => door.auth.tokens(token),
      },
      log,
    }),
    () => beat(),
  );
  armed();

  function beat(): void {
    if (engine === undefined) return;
    const { running, safe, nodes, faults: now } = engine.state();
    const alive: FlowsAlive = {
      v: 1,
      online: true,
      pid: process.pid,
      since,
      node_red: engine.version.slice(0, 20),
      safe,
      running,
      editor: door.state,
      rss: process.memoryUsage.rss(),
      ends: readEnds(config.user_dir),
      nodes,
      dropped: link.dropped,
      refused: link.refused,
      faults: [...faults, ...now].slice(0, 16).map(({ code, where, remedy, message }) => ({
        code,
        what: message.slice(0, 300),
        where: where.slice(0, 300),
        remedy: remedy.slice(0, 300),
      })),
    };
    link.alive(alive);
  }

  link.on('up', beat);
  setTimeout(() => {
    tidy();
    // a box that loses its power never exits in order: the next start finds its code compiled
    flushCompileCache();
  }, TIDY_MS);
  link.on('editor', (what, payload) => {
    const order = editorOpenSchema.safeParse(payload);
    const done =
      what === 'close'
        ? door.close()
        : order.success
          ? door.open(order.data)
          : Promise.reject(new KerbError('FLOWS_EDITOR', 'is no order', 'editor/open', 'give minutes and a password'));
    done.catch((error: unknown) => log('error', 'FLOWS_EDITOR', oneLine(error)));
  });
  beat();
  setInterval(beat, BEAT_MS);
  if (!safeMode) setTimeout(() => clearEnds(config.user_dir), HEALTHY_MS);

  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), 3000);
    void Promise.allSettled([door.close(), engine?.stop()])
      .then(() => link.end())
      .finally(() => process.exit(0));
  };
  // the agent wrote another one (another port, another cap), or took it away: whoever started us starts us anew
  const before = startedFrom(file);
  setInterval(() => {
    if (startedFrom(file) === before) return;
    log('info', 'FLOWS_CONFIG_CHANGED', 'the configuration is another one now');
    end();
  }, CONFIG_MS);
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('disconnect', end); // pm2, or whoever holds the other end, is gone
  process.send?.('ready');
}

try {
  const { values } = parseArgs({ options: { config: { type: 'string' }, help: { type: 'boolean', default: false } } });
  if (values.help) process.stderr.write(`${USAGE}\n`);
  else if (!values.config) throw new KerbError('USAGE', 'no configuration is given', '--config', USAGE);
  else await run(values.config, loadFlowsConfig(values.config));
} catch (error) {
  process.stderr.write(`${oneLine(error)}\n`);
  process.exit(error instanceof KerbError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1);
}
