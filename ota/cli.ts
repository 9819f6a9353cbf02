// ota: the command line of releases. Names a command's file; each loads only what it needs.
// In: argv, environment, clock. Out: NDJSON on stdout, words on stderr, exit status 0 done, 1 failed, 2 wrong usage or input.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KerbError, oneLine } from '../contract/errors.ts';

/** What a command is given of the world. */
export interface World {
  /** epoch ms */
  readonly now: number;
  /** where model files lie that are not beside their card */
  readonly cacheDir: string;
  /** folder of this machine's state, where a centre of its own may run */
  readonly home: string;
}

interface Command {
  /** gives the exit status, or throws KerbError for bad input */
  run(argv: string[], world: World): Promise<number>;
  readonly help: string;
}

const COMMANDS: Record<string, { load: () => Promise<Command>; about: string }> = {
  keys: { load: () => import('./central/keys-command.ts'), about: 'makes the keys of all roles' },
  publish: { load: () => import('./central/publish-command.ts'), about: 'a static TUF repository for any web server' },
  release: { load: () => import('../deploy/release.ts'), about: 'the release of the commit that is checked out' },
  status: {
    load: () => import('./central/status-command.ts'),
    about: 'what each device runs, and what came of the last change',
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`);
  return `usage: ota COMMAND [options]\n\n${lines.join('\n')}\n\n  ota COMMAND --help says more\n`;
}

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stderr.write(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new KerbError('USAGE_COMMAND', 'no such command', `ota ${name.slice(0, 40)}`, 'see ota --help');
  const { run, help } = await command.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stderr.write(`${help.trim()}\n`);
    return 0;
  }
  const cacheDir = resolve(process.env['KERBSIDE_CACHE'] || join(homedir(), '.cache/kerbside'));
  const home = resolve(process.env['KERBSIDE_HOME'] || join(homedir(), '.local/share/kerbside'));
  return run(rest, { now: Date.now(), cacheDir, home });
}

/** What went wrong here and now, not in what was asked. */
const FAILED = new Set([
  'OTA_DISK',
  'OTA_DISK_FULL',
  'OTA_BUSY',
  'OTA_REPOSITORY_BROKEN',
  'CENTRE_ANSWER',
  'RELEASE_STEP',
  'RELEASE_CHANGED',
  'RELEASE_SIZE',
]);

// A reader that went away (head, a closed pipe) is no fault of ours: stop quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`ota: ${oneLine(error)}\n`);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const input = (error instanceof KerbError && !FAILED.has(code)) || code.startsWith('ERR_PARSE_ARGS');
  process.exitCode = input ? 2 : 1;
}
