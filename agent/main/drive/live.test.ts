// agent/main/drive: the program that streams the drive on real ptys, read by the real drivers; a killed receiver is lost
// and heals, a killed parent leaves nothing behind.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { SlcanSource } from '../../../drivers/can/index.ts';
import { type Epoch, GnssDecoder } from '../../../drivers/gnss/index.ts';
import { openSerial } from '../../../drivers/serial/index.ts';
import { startTime } from '../demo/processes.ts';
import { Adapter } from './slcan.ts';

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Told {
  kind: string;
  name?: string;
  path?: string;
  pid?: number;
  line?: string;
}

/** A running program, and what it told so far. */
function start(t: ExecutionContext, ...args: string[]): { child: ChildProcess; folder: string; told: Told[] } {
  const folder = mkdtempSync(join(tmpdir(), 'kerb-drive-'));
  const child = fork(PROGRAM, [folder, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const told: Told[] = [];
  child.on('message', (message) => told.push(message as Told));
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return { child, folder, told };
}

/** Waits for the n-th port of this name. */
async function port(child: ChildProcess, told: readonly Told[], name: string, n = 1): Promise<Told> {
  for (;;) {
    const found = told.filter((one) => one.kind === 'port' && one.name === name)[n - 1];
    if (found) return found;
    await once(child, 'message');
  }
}

/** A promise that can be kept from outside whenever something happens. */
class Bell {
  #wake = () => {};
  ring(): void {
    this.#wake();
  }
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}

test('the drivers read both ptys at the present time; the killed receiver is lost and heals', async (t) => {
  t.timeout(60_000);
  const { child, told } = start(t, '--hz', '10');
  const [gnssPort, canPort] = [await port(child, told, 'gnss'), await port(child, told, 'can')];
  const bell = new Bell();
  const decoder = new GnssDecoder();
  const epochs: Epoch[] = [];
  let losses = 0;
  let frames = 0;
  const serial = openSerial({ path: gnssPort.path!, baud: 115200, now: Date.now });
  serial.open({
    ready: () => {},
    bytes: (bytes, wall) => {
      epochs.push(...decoder.push({ bytes, wall }));
      bell.ring();
    },
    lost: () => {
      losses++;
      bell.ring();
    },
  });
  const can = new SlcanSource(openSerial({ path: canPort.path!, baud: 115200, now: Date.now }));
  can.start({
    frame: () => {
      frames++;
      bell.ring();
    },
    lost: () => {},
    back: () => {},
    ended: () => {},
  });
  t.teardown(async () => {
    await serial.close();
    await can.stop();
  });
  await bell.until(() => epochs.some(({ mode }) => mode === 3) && frames > 100);
  const fixed = epochs.find(({ mode }) => mode === 3)!;
  t.true(Math.abs(fixed.time! - Date.now()) < 5000, 'the tour began at the present');
  t.true(
    epochs.every(({ time, arrived }) => time === null || Math.abs(arrived! - time) < 2000),
    'nothing old is read',
  );
  t.true(told.some(({ kind, line }) => kind === 'line' && line === 'ignition'));
  t.is(can.counters.bad.format + can.counters.bad.length, 0);

  const killed = Date.now();
  process.kill(gnssPort.pid!, 'SIGKILL');
  await bell.until(() => losses === 1);
  t.false(existsSync(gnssPort.path!), 'no link to what may become somebody else’s terminal');
  const before = frames;
  epochs.length = 0;
  await bell.until(() => epochs.some(({ mode }) => mode === 3));
  t.true(Date.now() - killed >= 5000, 'away long enough for its loss to be seen');
  t.true(frames > before, 'the bus went on');
  t.is((await port(child, told, 'gnss', 2)).path, gnssPort.path);
});

test('a port that is closed by its reader can be opened again at once, and has nothing old to tell', async (t) => {
  t.timeout(30_000);
  const { child, told } = start(t);
  const first = await port(child, told, 'gnss');
  for (const n of [1, 2]) {
    await port(child, told, 'gnss', n);
    const bell = new Bell();
    let text = '';
    const serial = openSerial({ path: first.path!, baud: 115200, now: Date.now });
    const opened = Date.now();
    serial.open({
      ready: () => {},
      bytes: (bytes) => {
        text += Buffer.from(bytes).toString('latin1');
        bell.ring();
      },
      lost: () => {},
    });
    await bell.until(() => /\$GNRMC,\d{6}\.00.*\r\n/.test(text));
    const [, h, m, s] = /\$GNRMC,(\d\d)(\d\d)(\d\d)/.exec(text)!;
    const day = Math.floor(opened / 86_400_000) * 86_400_000;
    const age = opened - (day + (Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1000);
    t.true(age < 2000 || age > 86_390_000, `${age} ms old`);
    await serial.close();
  }
});

test('the program ends with its parent, and its ptys with it, even when it is killed', async (t) => {
  t.timeout(30_000);
  for (const end of ['disconnect', 'SIGKILL'] as const) {
    const { child, told } = start(t);
    const pids = [(await port(child, told, 'gnss')).pid!, (await port(child, told, 'can')).pid!];
    const ended = once(child, 'exit');
    if (end === 'disconnect') child.disconnect();
    else child.kill(end);
    await ended;
    // the kernel ends them with their parent; how soon it reaps them is its own affair
    while (pids.some((pid) => startTime(pid) !== null)) await new Promise((later) => setTimeout(later, 20));
  }
  t.pass();
});

test('wrong arguments are one line and status 2', async (t) => {
  const child = fork(PROGRAM, ['--seed', 'x'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  const [status] = await once(child, 'close');
  t.is(status, 2);
  t.is(said.trim().split('\n').length, 1);
});

test('the adapter opens and closes as slcan has it, and takes no more than a command', (t) => {
  const adapter = new Adapter();
  const take = (text: string) => adapter.take(Buffer.from(text));
  t.is(take('C\rS5\rL\r'), '\r\r\r');
  t.true(adapter.open);
  t.is(take('t1230\r'), '\x07', 'nothing is sent on the bus');
  t.is(take('x'.repeat(10_000)), '');
  t.is(take('\rC\r'), '\x07\r');
  t.false(adapter.open);
});
