// agent/main: `kerbside demo`, what `npm start` runs: broker, centre, agent and flows as programs of their own, kept running.
// stdout gets one line, the page's address; everything else goes to stderr.
import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/index.ts';
import { Child } from '../demo/child.ts';
import { type DemoHome, DRIVE_SEED, demoHome, flowsProgram, ROOT, writeDemoFiles } from '../demo/files.ts';
import { endLeftovers, ProcessFile } from '../demo/processes.ts';
import { env, parsePort } from '../env.ts';
import { pagePort, tryPort } from '../ports.ts';

export const help = `
usage: kerbside demo [--data DIR] [--port N] [--host ADDRESS] [--video FILE|rtsp://...] [--fresh]

Runs Kerbside on real footage: a broker, a centre, the agent with its page, and flows (Node-RED) with a lamp.
  --data DIR      where all state lies; default $KERBSIDE_HOME
  --port N        the page's port; default $KERBSIDE_PORT, else 8088 or the next free one
  --host ADDRESS  the page's address; default 127.0.0.1 (there is no sign-in yet: open it knowingly)
  --video V       a video file, played in a loop, or an RTSP address; default the street clip
  --fresh         forget everything from earlier runs first`;

/** All ends within 2 s of Ctrl-C: what does not end by itself by then is killed. */
const PATIENCE_MS = 1500;

export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      video: { type: 'string' },
      fresh: { type: 'boolean', default: false },
    },
  });
  const { home, cache, port } = env();
  const source = await findSource(values.video, join(cache, 'footage/vtest.avi'));
  const asked = values.port === undefined ? port : parsePort(values.port, '--port');
  const at = demoHome(resolve(values.data ?? home));
  await endEarlier(at);
  const page = { host: values.host, port: await pagePort(values.host, asked) };
  if (values.fresh) {
    await forget(at);
    await rm(at.flows, { recursive: true, force: true });
  }
  return new Demo(at, page, source).run();
}

/** @throws KerbError VIDEO_MISSING when a file was asked for that is not there */
async function findSource(asked: string | undefined, clip: string): Promise<string | null> {
  if (asked?.includes('://')) return asked;
  if (asked !== undefined) {
    const file = resolve(asked);
    const found = await stat(file).catch(() => null);
    if (found?.isFile()) return file;
    throw new KerbError(
      'VIDEO_MISSING',
      'there is no such video',
      file,
      'give a video file or rtsp://... with --video',
    );
  }
  if (existsSync(clip)) return clip;
  process.stderr.write(
    'kerbside: the street clip is not there; give another: npm start -- --video FILE or rtsp://... ; all else runs\n',
  );
  return null;
}

/** Ends what an earlier demo of this home left: its parent first, which would restart the others, then the rest. */
async function endEarlier(at: DemoHome): Promise<void> {
  let ended = 0;
  for (const list of [join(at.demo, 'parent.json'), join(at.demo, 'children.json'), join(at.agent, 'children.json')]) {
    ended += await endLeftovers(list);
  }
  if (ended > 0) process.stderr.write(`kerbside: ended ${ended} processes of an earlier run in ${at.home}\n`);
}

async function forget(at: DemoHome): Promise<void> {
  await Promise.all([at.agent, at.centre].map((folder) => rm(folder, { recursive: true, force: true })));
}

class Demo {
  readonly #at: DemoHome;
  readonly #page: { host: string; port: number };
  readonly #source: string | null;
  #children: Child[] = [];
  #flows: Child | null = null;
  #stop: (status: number) => void = () => {};
  #renewing = false;
  #told = false;

  constructor(at: DemoHome, page: { host: string; port: number }, source: string | null) {
    this.#at = at;
    this.#page = page;
    this.#source = source;
  }

  /** Runs until a signal, or until a program refuses its input; gives the exit status. */
  async run(): Promise<number> {
    const stopped = new Promise<number>((done) => {
      this.#stop = done;
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#stop(0));
    await mkdir(this.#at.demo, { recursive: true, mode: 0o700 });
    new ProcessFile(join(this.#at.demo, 'parent.json')).add(process.pid);
    await this.#begin();
    const status = await stopped;
    await this.#end();
    return status;
  }

  async #begin(): Promise<void> {
    const brokerPort = await tryPort('127.0.0.1', 0);
    const centrePort = await tryPort('127.0.0.1', 0);
    const files = await writeDemoFiles(this.#at, {
      page: this.#page,
      brokerPort: brokerPort!,
      centrePort: centrePort!,
      source: this.#source,
      // Two, so that an evidence look does not blind the camera; more where cores are left for the rest.
      workers: Math.min(4, Math.max(2, availableParallelism() - 1)),
    });
    const processes = new ProcessFile(join(this.#at.demo, 'children.json'));
    const broker = new Child(
      { name: 'broker', command: join(ROOT, 'scripts/node24'), args: [join(ROOT, 'deploy/broker.ts'), files.broker] },
      processes,
    );
    const centreArgs = [
      'run',
      '--broker',
      files.centreBroker,
      '--database',
      this.#at.centre,
      '--port',
      `${centrePort}`,
      '--updates',
      join(this.#at.updates, 'repository'),
    ];
    const centre = new Child({ name: 'centre', command: join(ROOT, 'bin/centre'), args: centreArgs }, processes);
    const agentArgs = ['run', '--config', files.box, '--demo'];
    const agent = new Child({ name: 'agent', command: join(ROOT, 'bin/kerbside'), args: agentArgs }, processes);
    agent.on('message', (message) => this.#onAgent(message));
    const driveArgs = [join(ROOT, 'agent/main/drive/main.ts'), this.#at.drive, '--seed', String(DRIVE_SEED)];
    const drive = new Child({ name: 'drive', command: join(ROOT, 'scripts/node24'), args: driveArgs }, processes);
    drive.on('message', (message) => {
      if ((message as { kind?: unknown } | null)?.kind === 'line') agent.send(message);
    });
    process.stderr.write(`kerbside: the centre's page: http://127.0.0.1:${centrePort}/\n`);
    const flowsArgs = [flowsProgram(), '--config', join(this.#at.flows, 'config.json')];
    const flows = new Child({ name: 'flows', command: join(ROOT, 'scripts/node24'), args: flowsArgs }, processes);
    for (const child of [broker, centre, agent, drive]) {
      // without the made-up truck (socat is missing) everything else runs; so it does without flows
      if (child !== drive) child.on('refused', () => this.#stop(2));
      child.start();
    }
    // flows begin once the agent has written what they start from
    this.#flows = flows;
    this.#children = [broker, centre, agent, drive, flows];
  }

  #startFlows(): void {
    this.#flows?.start();
    this.#flows = null;
  }

  #onAgent(message: unknown): void {
    const kind = (message as { kind?: unknown } | null)?.kind;
    if (kind === 'ready') this.#startFlows();
    if (kind === 'ready' && !this.#told) {
      this.#told = true;
      const host = this.#page.host.includes(':') ? `[${this.#page.host}]` : this.#page.host;
      process.stdout.write(`Kerbside: http://${host}:${this.#page.port}/\n`);
    }
    if (kind === 'fresh') void this.#renew();
  }

  /** The page's button: everything is forgotten and begins anew, on the same port. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      await this.#end();
      await forget(this.#at);
      await this.#begin();
    } finally {
      this.#renewing = false;
    }
  }

  async #end(): Promise<void> {
    this.#flows = null;
    await Promise.all(this.#children.map((child) => child.stop(PATIENCE_MS)));
    // The agent's own children (its decoder) end with it; a killed agent leaves them, so look once more.
    await endLeftovers(join(this.#at.agent, 'children.json'));
  }
}
