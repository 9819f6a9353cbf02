// Parts for tests of the launcher: a box in a temporary folder with made-up slots, and the real launcher on it.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, Program } from '../test/chain-rig.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const LAUNCHER = join(ROOT, 'deploy/launcher');

/** What a made-up agent does after its start, in sh; $KERBSIDE_RUN/healthy-$KERBSIDE_SLOT makes its health check pass. */
export const AGENTS = {
  good: ': >"$KERBSIDE_RUN/healthy-$KERBSIDE_SLOT"; while :; do sleep 1; done',
  crashing: 'exit 3',
  hanging: 'while :; do sleep 1; done',
};

interface Teardown {
  teardown(body: () => void | Promise<void>): void;
}

/** One box: slots, state, and a launcher that can be killed and started again. */
export class Box {
  readonly root: string;
  readonly launcher: Program;
  readonly #env: NodeJS.ProcessEnv;

  constructor(t: Teardown, settings: { seconds?: number; env?: NodeJS.ProcessEnv } = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'kerbside-box-'));
    for (const folder of ['opt', 'home/launch', 'run']) mkdirSync(join(this.root, folder), { recursive: true });
    writeFileSync(join(this.root, 'box.yaml'), 'version: 1\ndevice: test\n');
    const env = {
      ...process.env,
      KERBSIDE_OPT: join(this.root, 'opt'),
      KERBSIDE_HOME: join(this.root, 'home'),
      KERBSIDE_RUN: join(this.root, 'run'),
      KERBSIDE_CONFIG: join(this.root, 'box.yaml'),
      KERBSIDE_TRIAL_SECONDS: String(settings.seconds ?? 60),
      ...settings.env,
    };
    this.#env = env;
    this.launcher = new Program(LAUNCHER, [], env);
    t.teardown(async () => {
      await this.launcher.end('SIGTERM');
      this.killAll();
      rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  /** What the launcher started, at once, as a power cut ends it. */
  killAll(): void {
    for (const { pid } of ['probe', 'pm2', 'agent', 'flows'].flatMap((name) => this.processes(name)))
      process.kill(pid, 'SIGKILL');
  }

  /** A second launcher on the same box. */
  twin(): Program {
    return new Program(LAUNCHER, [], this.#env).start();
  }

  /** A slot whose pm2 is ten lines of sh and whose agent does `body`. */
  slot(letter: string, body: string): this {
    const folder = this.#folder(letter);
    const sh = (name: string, text: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    sh(
      'start',
      `here=$(dirname "$0")
rm -f "$KERBSIDE_RUN/healthy-$KERBSIDE_SLOT"
trap 'kill $agent 2>/dev/null; exit 0' TERM
while :; do
  "$here/agent" & agent=$!
  wait $agent
  [ "$KERBSIDE_TRIAL" = 1 ] && while :; do sleep 1 & wait $!; done
  sleep 0.1
done`,
    );
    // like our programs, it ends where its pm2 is gone
    sh(
      'agent',
      `exec "$KERBSIDE_LAUNCHER" --record agent sh -c '(while kill -0 '$PPID' 2>/dev/null; do sleep 0.2; done; kill '$$') & ${body}'`,
    );
    sh('healthy', 'until [ -f "$KERBSIDE_RUN/healthy-$KERBSIDE_SLOT" ]; do sleep 0.1; done');
    return this;
  }

  /** A slot with the real files of deploy/slot and the real pm2; the agent is a Node program of these lines. */
  realSlot(letter: string, program: string): this {
    const folder = this.#folder(letter);
    const top = join(folder, '../..');
    cpSync(join(ROOT, 'deploy/slot'), folder, { recursive: true });
    cpSync(join(ROOT, 'deploy/probe.ts'), join(top, 'deploy/probe.ts'));
    writeFileSync(join(top, 'package.json'), '{"type":"module"}');
    symlinkSync(join(ROOT, 'node_modules'), join(top, 'node_modules'));
    mkdirSync(join(top, 'cache'));
    mkdirSync(join(top, 'agent/main'), { recursive: true });
    mkdirSync(join(top, 'scripts'));
    writeFileSync(join(top, 'scripts/node24'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(top, 'agent/main/cli.ts'), program);
    // flows: pm2 starts it where the slot has it and the agent wrote its configuration
    mkdirSync(join(top, 'flows'));
    writeFileSync(
      join(top, 'flows/main.ts'),
      "process.on('disconnect', () => process.exit(0)); process.on('message', () => {}); setInterval(() => {}, 1000);",
    );
    mkdirSync(join(this.root, 'home/flows'), { recursive: true });
    writeFileSync(join(this.root, 'home/flows/config.json'), '{}');
    return this;
  }

  #folder(letter: string): string {
    const folder = join(this.root, 'opt', letter, 'deploy/slot');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(this.root, 'opt', letter, 'OK'), `release-${letter}\n`);
    return folder;
  }

  state(text: Partial<Record<'committed' | 'trial' | 'tries' | 'starts', string>>): this {
    const all = { committed: 'a', trial: '', tries: '0', starts: '0', ...text, end: 'yes' };
    const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(this.root, 'home/launch/state'), lines.join(''));
    return this;
  }

  want(letter: string): this {
    writeFileSync(join(this.root, 'home/launch/want'), `${letter}\n`);
    return this;
  }

  get now(): Record<string, string> {
    try {
      const lines = readFileSync(join(this.root, 'home/launch/state'), 'utf8').trim().split('\n');
      return Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
    } catch {
      return {};
    }
  }

  get result(): Record<string, unknown> | null {
    try {
      return JSON.parse(readFileSync(join(this.root, 'home/launch/result'), 'utf8'));
    } catch {
      return null;
    }
  }

  /** The live processes of a name, with their slots. */
  processes(name: string): { pid: number; slot: string }[] {
    return readdirSync(join(this.root, 'run')).flatMap((file) => {
      if (!new RegExp(`^${name}\\.\\d+$`).test(file)) return [];
      try {
        const [pid, start] = readFileSync(join(this.root, 'run', file), 'utf8').split(' ') as [string, string];
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (fields[0] === 'Z' || fields[19] !== start) return [];
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        const slot = environment.find((line) => line.startsWith('KERBSIDE_SLOT='));
        return [{ pid: Number(pid), slot: slot?.slice(-1) ?? '' }];
      } catch {
        return [];
      }
    });
  }

  /** Waits until this slot's agent, and no other, runs under no trial. */
  async runs(letter: string): Promise<number> {
    return eventually(
      `slot ${letter} runs (${JSON.stringify(this.now)}) ${this.launcher.stderr}`,
      () => {
        const agents = this.processes('agent');
        const settled = this.now['trial'] === '' && agents.length === 1 && agents[0]?.slot === letter;
        return settled ? agents[0]!.pid : null;
      },
      60_000,
    );
  }
}
