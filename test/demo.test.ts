// `npm start`'s program on real footage, with its processes killed and stopped at random: the case arrives, once.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import type { ApiCase, State } from '../agent/console/api.ts';
import { sampleTest } from './samples.ts';

const run = promisify(execFile);
const bin = (name: string) => fileURLToPath(new URL(`../bin/${name}`, import.meta.url));

/** Processes whose command line or environment names this home: all that a demo has started, and theirs. */
function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
        return text.includes(home);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The pid of a program of this home, by what its command line holds. */
function pidOf(home: string, part: string): number | null {
  const found = processesOf(home).find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(part);
    } catch {
      return false;
    }
  });
  return found ?? null;
}

async function until<T>(
  what: string,
  limitMs: number,
  probe: () => Promise<T | null | false> | T | null | false,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await Promise.resolve()
      .then(probe)
      .catch(() => null);
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((next) => setTimeout(next, 100));
  }
}

class Demo {
  readonly process: ChildProcess;
  readonly home: string;
  out = '';
  err = '';

  constructor(home: string, video: string) {
    this.home = home;
    const env = { ...process.env, KERBSIDE_HOME: home, KERBSIDE_PORT: '' };
    this.process = spawn(bin('kerbside'), ['demo', '--video', video, '--port', '0'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout!.setEncoding('utf8').on('data', (text) => {
      this.out += text;
    });
    this.process.stderr!.setEncoding('utf8').on('data', (text) => {
      this.err += text;
    });
  }

  async address(): Promise<string> {
    return until('the address', 60_000, () => /http:\/\/\S+(?=\/\n)/.exec(this.out)?.[0] ?? null);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${await this.address()}${path}`, { signal: AbortSignal.timeout(5000) });
    return (await answer.json()) as T;
  }

  state(): Promise<State> {
    return this.get('/api/state');
  }

  /** Ends it as Ctrl-C does; gives the milliseconds it took. */
  async interrupt(): Promise<number> {
    const began = performance.now();
    const ended = new Promise((done) => this.process.once('close', done));
    this.process.kill('SIGINT');
    await ended;
    return performance.now() - began;
  }
}

interface CentreLine {
  device: string;
  seq: number;
  record: { id: string; code: string };
}

async function atCentre(home: string): Promise<CentreLine[]> {
  const { stdout } = await run(bin('centre'), ['cases', '--database', join(home, 'centre')]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('a video that is not there is one line and exit 2', async (t) => {
  const error = await t.throwsAsync(run(bin('kerbside'), ['demo', '--video', '/nowhere/clip.mp4']));
  const { code, stderr } = error as unknown as { code: number; stderr: string };
  t.is(code, 2);
  t.regex(stderr, /^kerbside: \/nowhere\/clip\.mp4: there is no such video; .+\n$/);
});

test('a port that was asked for and is taken is one line and exit 2', async (t) => {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const home = await mkdtemp(join(tmpdir(), 'kerb-demo-'));
  const args = ['demo', '--data', home, '--port', String(port)];
  const error = await t.throwsAsync(run(bin('kerbside'), args));
  const { code, stderr } = error as unknown as { code: number; stderr: string };
  t.is(code, 2);
  t.regex(stderr, new RegExp(`kerbside: 127\\.0\\.0\\.1:${port}: the port is taken; .+\\n$`));
  server.close();
  await rm(home, { recursive: true });
});

sampleTest(
  'the van becomes one case at the centre, whatever is killed on the way, and Ctrl-C leaves nothing',
  async (t, path) => {
    t.timeout(220_000);
    const home = await mkdtemp(join(tmpdir(), 'kerb-demo-'));
    const video = path('video/street-pets2009.mp4');
    let demo = new Demo(home, video);
    t.teardown(() => {
      demo.process.kill('SIGKILL');
      for (const pid of processesOf(home)) process.kill(pid, 'SIGKILL');
    });

    // The decoder stops: shown within 5 s, and it heals.
    await until('the first picture', 60_000, async () => (await demo.state()).cameras[0]?.latest !== null);
    const ffmpeg = await until('ffmpeg', 5000, () => pidOf(home, `ffmpeg`) ?? pidOf(home, 'rawvideo'));
    process.kill(ffmpeg, 'SIGSTOP');
    const lost = performance.now();
    await until('the loss on the page', 10_000, async () => (await demo.state()).cameras[0]?.state === 'lost');
    t.log(`a stopped decoder was shown as lost after ${Math.round(performance.now() - lost)} ms`);
    await until('healing', 60_000, async () => (await demo.state()).cameras[0]?.state === 'live');

    // The van is reported; while that goes on, broker and centre die.
    for (const part of ['deploy/broker.ts', 'centre/cli.ts'])
      process.kill((await until(part, 20_000, () => pidOf(home, part)))!, 'SIGKILL');
    const [first] = await until('the case', 120_000, async () => {
      const cases = await demo.get<ApiCase[]>('/api/cases');
      return cases.length > 0 ? cases : null;
    });
    process.kill((await until('the agent', 20_000, () => pidOf(home, 'agent/main/cli.ts run')))!, 'SIGKILL');
    t.is(first!.code, '09009');
    t.is(first!.code2013, '04-09');
    t.is(first!.evidence.length, 2);

    const held = await until('the case at the centre', 90_000, async () => {
      const cases = await atCentre(home);
      return cases.length > 0 ? cases : null;
    });
    t.deepEqual(
      held.map((line) => line.record.id),
      [first!.id],
    );
    await until('the acknowledgement on the page', 60_000, async () => {
      const [now] = await demo.get<ApiCase[]>('/api/cases');
      return now?.upstream === 'acknowledged';
    });

    // The ready flow holds the lamp on while the van's case is open.
    await until('the lamp', 60_000, async () => (await demo.state()).outputs[0]?.state === 1);

    // Ctrl-C: all gone within 2 s.
    const took = await demo.interrupt();
    t.log(`Ctrl-C took ${Math.round(took)} ms`);
    t.deepEqual(processesOf(home), []);
    t.is(demo.out.match(/http:\/\//g)?.length, 1);

    // Parent and all are killed hard; the next start ends what was left, and the open case stays the one case.
    demo = new Demo(home, video);
    await demo.address();
    demo.process.kill('SIGKILL');
    demo = new Demo(home, video);
    await until('the page of the next start', 60_000, async () => (await demo.state()).cameras[0]?.latest !== null);
    t.is((await demo.get<ApiCase[]>('/api/cases')).length, 1);
    await demo.interrupt();
    t.deepEqual(
      (await atCentre(home)).map((line) => line.record.id),
      [first!.id],
    );
    t.deepEqual(processesOf(home), []);
    await rm(home, { recursive: true, force: true });
  },
);
