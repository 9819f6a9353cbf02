// flows: what its tests share: a real local broker with a made box behind it, and the real flows process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { caseOfFlow, LocalBus, type LocalBusOptions } from '../agent/local/index.ts';
import { type Case, caseSchema, type FlowsAlive } from '../contract/index.ts';

const PASSWORD = 'a password of flows';
const fixture = readFileSync(new URL('../contract/fixtures/v1/case.ndjson', import.meta.url), 'utf8');

/** The recorded parking case, as another one. */
export function parkingCase(id: string, more: Partial<Case> = {}): Case {
  const { record } = JSON.parse(fixture.split('\n')[0]!) as { record: unknown };
  return { ...caseSchema.parse(record), id, ...more };
}

/** Something that tells when it changes. */
export class Watched<T> {
  value: T;
  readonly #waiting = new Set<() => void>();

  constructor(value: T) {
    this.value = value;
  }

  set(value: T): void {
    this.value = value;
    for (const wake of this.#waiting) wake();
  }

  /** @throws Error with the last value after `ms` */
  until(good: (value: T) => boolean, ms = 30_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!good(this.value)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(this.value);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited in vain; it is ${JSON.stringify(this.value)}`));
      }, ms);
      this.#waiting.add(look);
      look();
    });
  }
}

export type Online = Extract<FlowsAlive, { online: true }>;

/** A box: the broker, what its lines are, which cases flows made. */
export async function madeBox(t: ExecutionContext, options: Partial<LocalBusOptions> = {}) {
  const lines = new Watched<Record<string, boolean>>({});
  const cases = new Watched<Case[]>([]);
  const flows = new Watched<FlowsAlive>({ v: 1, online: false });
  const bus = new LocalBus({
    users: [{ name: 'flows', password: PASSWORD }],
    mono: () => performance.now(),
    onFlows: (alive) => flows.set(alive),
    commands: {
      line: (name, on) => {
        if (name === 'none') throw new Error('the box has no line "none"');
        lines.set({ ...lines.value, [name]: on });
      },
      snapshot: async (camera = 'pole-1') => ({
        camera,
        at: 1000,
        jpeg: Uint8Array.of(0xff, 0xd8, 1, 2, 3),
        masked: { persons: 2 },
      }),
      case: (draft) => {
        const { place } = parkingCase('x');
        const nameOf = (code: string) => (code === '09009' ? { zh: '停', en: 'parked' } : undefined);
        const made = caseOfFlow(draft, { device: 'd', site: 's', camera: 'pole-1', place, nameOf }, 1000);
        cases.set([...cases.value, made]);
        return { id: made.id };
      },
    },
    ...options,
  });
  const { port } = await bus.start();
  t.teardown(() => bus.stop());
  const up = () => flows.until((alive) => alive.online && (alive.running || alive.safe || alive.faults.length > 0));
  return { bus, port, lines, cases, flows, up: up as () => Promise<Online>, url: `mqtt://127.0.0.1:${port}`, PASSWORD };
}

export interface FlowsProcess {
  child: ChildProcess;
  folder: string;
  stderr: () => string;
  /** resolves when it ends */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** A folder with a configuration and, if given, a flow file. */
export function flowsFolder(t: ExecutionContext, url: string, more: object = {}, flows?: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'kerb-flows-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);
  writeFileSync(join(folder, 'secret'), 'a secret of this box\n');
  const config = {
    broker: { url, password_file: 'password' },
    user_dir: '.',
    secret_file: 'secret',
    editor: { port: 0 },
  };
  writeFileSync(join(folder, 'flows.yaml'), JSON.stringify({ ...config, ...more }));
  if (flows !== undefined) writeFlows(folder, flows);
  return folder;
}

export function writeFlows(folder: string, flows: unknown): void {
  writeFileSync(join(folder, 'flows.json'), typeof flows === 'string' ? flows : JSON.stringify(flows));
}

/** Starts the program as it is started on a box: with a channel to whoever started it. */
export function startFlows(t: ExecutionContext, folder: string, flags: string[] = []): FlowsProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [...flags, main, '--config', join(folder, 'flows.yaml')], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000);
  });
  // a process that lives on where it should end fails its test, and does not hold it up
  const late = setTimeout(() => child.kill('SIGUSR2'), 40_000);
  const ended = once(child, 'exit').then(([code, signal]) => {
    clearTimeout(late);
    return { code, signal };
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, folder, stderr: () => text, ended };
}

/** A flow of one function node that runs once at the start. */
export function functionFlow(code: string): unknown {
  return [
    { id: 'tab', type: 'tab', label: 'hostile', disabled: false, info: '' },
    { id: 'go', type: 'inject', z: 'tab', props: [], once: true, onceDelay: 0.1, repeat: '', wires: [['run']] },
    { id: 'run', type: 'function', z: 'tab', name: '', func: code, outputs: 1, timeout: 0, libs: [], wires: [[]] },
  ];
}
