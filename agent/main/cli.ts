// agent/main: the command line of the box. Names a command's file; each loads only what it needs.
// In: argv. Out: NDJSON on stdout, words on stderr, exit status 0 done, 1 failed or violated, 2 wrong usage or input.
import { KerbError, oneLine } from '../../contract/errors.ts';

interface Command {
  /** the rest of the command line: gives the exit status, or throws KerbError for bad input */
  run(argv: string[]): Promise<number>;
  readonly help: string;
}

const COMMANDS: Record<string, { load: () => Promise<Command>; about: string }> = {
  run: { load: () => import('./commands/run.ts'), about: 'the agent: --config FILE' },
  demo: { load: () => import('./commands/demo.ts'), about: 'broker, centre and agent on real footage, with the page' },
  detect: { load: () => import('./commands/detect.ts'), about: 'what the detector finds in pictures' },
  watch: { load: () => import('./commands/watch.ts'), about: 'a recording through the whole camera path' },
  cameras: {
    load: () => import('./commands/cameras.ts'),
    about: 'discover, describe: ONVIF cameras and their streams',
  },
  outbox: { load: () => import('./commands/outbox.ts'), about: 'ls, verify, put: the durable queue' },
  uplink: { load: () => import('./commands/uplink.ts'), about: 'sends what waits in an outbox folder' },
  models: {
    load: () => import('./commands/models.ts'),
    about: 'ls, bench, add, pull: models and what serves this box',
  },
  doctor: { load: () => import('./commands/doctor.ts'), about: 'is this box fit for work' },
  replay: { load: () => import('./commands/replay.ts'), about: 'nmea, can, drive: a recording, decoded or relived' },
  drive: { load: () => import('./commands/drive.ts'), about: 'synth: a made drive with its exact truth' },
  update: { load: () => import('./commands/update.ts'), about: 'the update client by hand: init, refresh, download' },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`);
  return `usage: kerbside COMMAND [options]\n\n${lines.join('\n')}\n\n  kerbside COMMAND --help says more\n`;
}

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stderr.write(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    throw new KerbError('USAGE_COMMAND', 'no such command', `kerbside ${name.slice(0, 40)}`, 'see kerbside --help');
  }
  const { run, help } = await command.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stderr.write(`${help.trim()}\n`);
    return 0;
  }
  return run(rest);
}

// A reader that went away (head, a closed pipe) is no fault of ours: stop quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`kerbside: ${oneLine(error)}\n`);
  process.exitCode = isBadInput(error) ? 2 : 1;
}

function isBadInput(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return error instanceof KerbError || code.startsWith('ERR_PARSE_ARGS');
}
