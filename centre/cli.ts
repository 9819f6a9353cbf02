// centre: its command line; the one place of this room that reads the environment.
// In: argv. Out: NDJSON on stdout, words on stderr, exit status 0 done, 1 failed, 2 wrong usage or input.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ID_PATTERN, isLane, KerbError, LANES, type Lane, oneLine } from '../contract/index.ts';
import { parseTarget, type Target } from './db.ts';

const USAGE = `usage: centre run --broker URL [--database URL|DIR] [--port N] [--updates URL|DIR] [--client-id ID]
         takes what the boxes send, acknowledges it, shows it on a page, tells the boxes of updates
       centre records|cases [--database URL|DIR] [--device ID] [--lane ${LANES.join('|')}]
         what it holds, a line each: {device, epoch, lane, seq, at, record}; asks the running centre where there is one
       centre command --device ID --kind KIND [--expires SECONDS] [--deadline SECONDS] [--guard JSON] [--replaces KEY]
                      [--id ID] [--no-wait] [--database URL|DIR] [JSON]
         asks a box for something: ping, drain-rate {"bytes_per_s": N|null}, snapshot {"camera": ID}; prints {id}, then
         waits for its end and prints {id, state, at, reason?, result?}: exit 0 when it is done
       centre commands [--device ID] [--database URL|DIR]
         what waits and what has ended, a line each, newest first
       centre trust --device ID --key SHA256 [--database URL|DIR]
         believes the reports that another key signs for this device from now on: its box was replaced or set up anew

  --broker URL     mqtt://user:password@host:port
  --database       postgres://... or a folder (default: $DATABASE_URL, else $KERBSIDE_HOME/centre)
  --expires        not begun by then: nothing is done (default: never; a box that does not know the time refuses it)
  --deadline       how long it may run (default: 120)
  --guard          only if still true: {"boot": ID, "version": V, "profile": V, "case": {"id": ID, "state": "open"}}
  --replaces       a newer command of the same key makes an older one void that has not begun
  --id             its name; the same one again is the same command (default: a new one)
  --no-wait        prints the id alone
  --port N         of the page on 127.0.0.1 (default: a free one, named on stderr)
  --updates        the repository that ota publish makes, on a web server or in a folder (which may come later); boxes are
                   told when it changes, and a folder is served at /updates/
`;

/** Faults of the moment, not of the input. */
const FAILED = new Set(['DB_LOCKED', 'DB_OPEN', 'CENTRE_ANSWER', 'COMMAND_FULL']);

function target(given: string | undefined): Target {
  const home = process.env['KERBSIDE_HOME'] || join(homedir(), '.local/share/kerbside');
  const chosen = parseTarget(given ?? (process.env['DATABASE_URL'] || join(home, 'centre')));
  return chosen.kind === 'folder' ? { kind: 'folder', path: resolve(chosen.path) } : chosen;
}

async function main(argv: string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h') || command === 'help') {
    process.stderr.write(USAGE);
    return argv.length === 0 ? 2 : 0;
  }
  if (command === 'run') return run(rest);
  if (command === 'records' || command === 'cases' || command === 'commands') return list(command, rest);
  if (command === 'command') return give(rest);
  if (command === 'trust') return trust(rest);
  throw new KerbError('USAGE_COMMAND', 'no such command', `centre ${command?.slice(0, 40)}`, 'see centre --help');
}

async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      broker: { type: 'string' },
      database: { type: 'string' },
      port: { type: 'string', default: '0' },
      updates: { type: 'string' },
      'client-id': { type: 'string', default: 'kerbside-centre' },
    },
  });
  if (values.broker === undefined)
    throw new KerbError('USAGE', 'no broker is named', 'centre run', 'give --broker URL');
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    throw new KerbError('USAGE', 'not a port', `--port ${values.port.slice(0, 20)}`, 'give 0 to 65535');
  }
  const clientId = values['client-id'];
  if (!ID_PATTERN.test(clientId))
    throw new KerbError('USAGE', 'not an id', '--client-id', 'letters, digits, dots, dashes');
  const { runCentre } = await import('./run.ts');
  const { parseSource } = await import('./repository-watch.ts');
  const updates = values.updates === undefined ? null : parseSource(values.updates, resolve);
  return runCentre({ broker: values.broker, database: target(values.database), port, clientId, updates });
}

async function list(what: 'records' | 'cases' | 'commands', args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { database: { type: 'string' }, device: { type: 'string' }, lane: { type: 'string' } },
  });
  const lane = values.lane === undefined ? undefined : laneOf(values.lane);
  const { listTo } = await import('./list.ts');
  const filter = { what, ...(values.device === undefined ? {} : { device: values.device }), ...(lane ? { lane } : {}) };
  await listTo(process.stdout, target(values.database), filter);
  return 0;
}

async function give(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      database: { type: 'string' },
      device: { type: 'string' },
      kind: { type: 'string' },
      expires: { type: 'string' },
      deadline: { type: 'string' },
      guard: { type: 'string' },
      replaces: { type: 'string' },
      id: { type: 'string' },
      'no-wait': { type: 'boolean', default: false },
    },
  });
  const { device, kind: name, expires, deadline, guard, replaces } = values;
  if (device === undefined || name === undefined) throw usage('--device and --kind are needed');
  if (positionals.length > 1) throw usage('give its parameters as one JSON object');
  const { giveCommand, newCommandId } = await import('./command-cli.ts');
  const request = {
    id: values.id ?? newCommandId(Date.now()),
    device,
    name,
    params: object(positionals[0] ?? '{}', 'the parameters'),
    ...(expires === undefined ? {} : { expires_s: seconds(expires, '--expires') }),
    ...(deadline === undefined ? {} : { deadline_s: seconds(deadline, '--deadline') }),
    ...(guard === undefined ? {} : { guard: object(guard, '--guard') }),
    ...(replaces === undefined ? {} : { replaces }),
  };
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const how = { await: !values['no-wait'], stop: stop.signal };
  return giveCommand(process.stdout, target(values.database), request, how);
}

async function trust(args: string[]): Promise<number> {
  const options = { database: { type: 'string' }, device: { type: 'string' }, key: { type: 'string' } } as const;
  const { database, device, key } = parseArgs({ args, options }).values;
  const { KEY_PATTERN, trustKey } = await import('./trust.ts');
  if (device === undefined || !ID_PATTERN.test(device) || key === undefined || !KEY_PATTERN.test(key)) {
    const remedy = 'give --device ID and --key with 16 to 64 hex digits, as /api/devices shows them under otherKey';
    throw new KerbError('USAGE', 'a device and the SHA-256 of its key are needed', 'centre trust', remedy);
  }
  const { ask, atCentre } = await import('./at-centre.ts');
  const trusted = await atCentre(
    target(database),
    (db) => trustKey(db, device, key, Date.now()),
    (note) => ask(note, '/internal/trust', { device, key }),
  );
  process.stdout.write(`${JSON.stringify(trusted)}\n`);
  return 0;
}

function usage(what: string): KerbError {
  return new KerbError('USAGE', what, 'centre command', 'see centre --help');
}

function seconds(text: string, where: string): number {
  const value = Number(text);
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text) && value > 0) return value;
  throw new KerbError('USAGE', 'no number of seconds', `${where} ${text.slice(0, 20)}`, 'give e.g. 60');
}

function object(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new KerbError('USAGE', 'not a JSON object', where, 'give e.g. {"camera": "cam1"}');
}

function laneOf(text: string): Lane {
  if (isLane(text)) return text;
  throw new KerbError('USAGE', 'no such lane', `--lane ${text.slice(0, 40)}`, `one of ${LANES.join(', ')}`);
}

// A reader that went away (head, a closed pipe) is no fault of ours: stop quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`centre: ${oneLine(error)}\n`);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const badInput = (error instanceof KerbError && !FAILED.has(code)) || code.startsWith('ERR_PARSE_ARGS');
  process.exitCode = badInput ? 2 : 1;
}
