// drivers/serial: over real ptys (socat): bytes through, the port goes and comes back, a recording behind the same type.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { openRecording, openSerial } from './index.ts';
import type { ByteListener, ByteLoss } from './types.ts';

/** Everything a source told, and a way to wait for more of it. */
class Ear implements ByteListener {
  text = '';
  times: number[] = [];
  readonly losses: ByteLoss[] = [];
  readies = 0;
  done = false;
  #wake: (() => void) | undefined;

  ready(): void {
    this.readies++;
    this.#wake?.();
  }
  bytes(chunk: Uint8Array, time: number): void {
    this.text += Buffer.from(chunk).toString('latin1');
    this.times.push(time);
    this.#wake?.();
  }
  lost(loss: ByteLoss): void {
    this.losses.push(loss);
    this.#wake?.();
  }
  ended(): void {
    this.done = true;
    this.#wake?.();
  }
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => (this.#wake = wake));
  }
}

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-serial-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A pair of joined ptys; resolves once both are there. */
async function ptys(t: ExecutionContext, a: string, b: string): Promise<ChildProcess> {
  const child = spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise<void>((there, fail) => {
    let said = '';
    // read to the end: a pipe nobody reads would end socat at its next word
    child.stderr!.on('data', (chunk: Buffer) => {
      said = (said + String(chunk)).slice(-4096);
      if (said.includes('starting data transfer loop')) there();
    });
    child.once('error', fail);
    child.once('exit', () => fail(new Error(`socat ended: ${said}`)));
  });
  return child;
}

async function send(path: string, text: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(text);
  await file.close();
}

test('bytes pass through a pty with the injected clock; it is lost once, tried again, and heals', async (t) => {
  const dir = folder(t);
  const [far, near] = [join(dir, 'far'), join(dir, 'near')];
  const first = await ptys(t, far, near);
  const ear = new Ear();
  const source = openSerial({ path: near, baud: 9600, now: () => 4711 });
  t.teardown(() => source.close());
  source.open(ear);
  await ear.until(() => ear.readies === 1);
  await send(far, '$GPGGA,1\r\n');
  await ear.until(() => ear.text === '$GPGGA,1\r\n');
  t.true(ear.times.every((time) => time === 4711));

  const ended = once(first, 'exit');
  first.kill('SIGKILL');
  await ended;
  await ear.until(() => ear.losses.length === 1);
  t.is(ear.losses[0]?.code, 'SERIAL_CLOSED');
  rmSync(far, { force: true });
  rmSync(near, { force: true });

  await ptys(t, far, near);
  await ear.until(() => ear.readies === 2);
  ear.text = '';
  await send(far, 'again');
  await ear.until(() => ear.text === 'again');
  t.is(ear.losses.length, 1, 'a loss is told once, however often it was tried');
});

test('what is written reaches the other end', async (t) => {
  const dir = folder(t);
  const [far, near] = [join(dir, 'far'), join(dir, 'near')];
  await ptys(t, far, near);
  const here = new Ear();
  const there = new Ear();
  const a = openSerial({ path: near, baud: 115200, now: () => 0 });
  const b = openSerial({ path: far, baud: 115200, now: () => 0 });
  t.teardown(async () => {
    await a.close();
    await b.close();
  });
  a.open(here);
  b.open(there);
  await here.until(() => here.readies === 1);
  await there.until(() => there.readies === 1);
  a.write(Buffer.from('S5\r'));
  await there.until(() => there.text === 'S5\r');
  t.pass();
});

test('a port that is not there is told as missing, and taken when it comes', async (t) => {
  const dir = folder(t);
  const [far, near] = [join(dir, 'far'), join(dir, 'near')];
  const ear = new Ear();
  const source = openSerial({ path: near, baud: 9600, now: () => 0 });
  t.teardown(() => source.close());
  source.open(ear);
  await ear.until(() => ear.losses.length === 1);
  t.is(ear.losses[0]?.code, 'SERIAL_MISSING');
  await ptys(t, far, near);
  await ear.until(() => ear.readies === 1);
  t.is(ear.losses.length, 1);
});

test('a file that is no port is refused and not a crash; closing stops the trying', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'plain');
  writeFileSync(path, 'x');
  const ear = new Ear();
  const source = openSerial({ path, baud: 9600, now: () => 0 });
  source.open(ear);
  await ear.until(() => ear.losses.length === 1);
  await source.close();
  t.is(ear.readies, 0);
});

for (const packed of [false, true]) {
  test(`a recording${packed ? ' (.gz)' : ''} gives its bytes in order and then ends`, async (t) => {
    const path = join(folder(t), packed ? 'log.gz' : 'log');
    const text = 'abc\n'.repeat(5000);
    writeFileSync(path, packed ? gzipSync(text) : text);
    const ear = new Ear();
    const source = openRecording({ path, now: () => 7, piece: 999 });
    t.true(source.recorded);
    source.open(ear);
    await ear.until(() => ear.done);
    t.is(ear.text, text);
    t.is(ear.readies, 1);
  });
}

test('a recording that is missing or broken is lost, with its name', async (t) => {
  const dir = folder(t);
  const broken = join(dir, 'broken.gz');
  writeFileSync(broken, gzipSync('abc'.repeat(1000)).subarray(0, 20));
  for (const path of [join(dir, 'none'), broken]) {
    const ear = new Ear();
    openRecording({ path, now: () => 0 }).open(ear);
    await ear.until(() => ear.losses.length === 1);
    t.is(ear.losses[0]?.code, 'RECORDING_UNREADABLE');
    t.true(ear.losses[0]?.message.includes(path));
  }
});
