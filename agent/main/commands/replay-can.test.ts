// agent/main: `kerbside replay can` as a program: what it prints, counts, refuses.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));

function replay(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'replay', 'can', ...argv], { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, stderr, messages: lines.map((line) => JSON.parse(line)) };
}

function fileOf(t: ExecutionContext, name: string, content: Uint8Array | string): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-replay-can-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const LOG = `(1436509052.250000) can0 18FEF100#F70048FFFFFFFFFF
torn line
(1436509053.000000) can0 18FECA00#40FF66000301FFFF
(1436509054.000000) can0 123#0102
(1436509055.000000) can0 0CF00427#FFFFFF6813FFFFFF
`;

test('without a DBC: J1939 in SI units, what was skipped on stderr', (t) => {
  const { status, stderr, messages } = replay(fileOf(t, 'bus.log.gz', gzipSync(LOG)));
  t.is(status, 0);
  t.is(messages.length, 3);
  t.like(messages[0], { time: 1436509052250, id: 0x18fef100, pgn: 65265, source: 0, name: 'CCVS1' });
  t.is(messages[0].signals.WheelBasedVehicleSpeed, 20);
  t.deepEqual(messages[1].faults, [{ spn: 102, fmi: 3, count: 1 }]);
  t.regex(stderr, /frames 4, .*bad format 1, pgns 3, messages 3, unknown 1/);
});

test('with a DBC: its names alone; a faulty entry is told with its place and skipped', (t) => {
  const dbc = fileOf(
    t,
    'bus.dbc',
    `BO_ 2364540158 EEC1: 8 A\n SG_ Rpm : 24|16@1+ (0.125,0) [0|10] "rpm" A\n SG_ Bad : 0|0@1+ (1,0) [0|0] "" A\nBO_ 291 Std: 2 A\n SG_ S : 8|8@1+ (1,0) [0|0] "" A\n`,
  );
  const { status, stderr, messages } = replay(fileOf(t, 'bus.log', LOG), '--dbc', dbc);
  t.is(status, 0);
  t.deepEqual(messages, [
    { time: 1436509054000, id: 0x123, name: 'Std', signals: { S: 2 } },
    { time: 1436509055000, id: 0x0cf00427, pgn: 61444, source: 0x27, name: 'EEC1', signals: { Rpm: 621 } },
  ]);
  t.true(stderr.includes(`${dbc}:3: signal Bad: 0 bits`));
});

test('bad input is one line and exit 2', (t) => {
  const good = fileOf(t, 'bus.log', LOG);
  const picture = fileOf(t, 'x.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 10, 1, 2, 3, 0, 10, 200, 201]));
  for (const argv of [
    [],
    [good, good],
    ['--nosuch', good],
    ['/nowhere/at/all'],
    [picture],
    [fileOf(t, 'cut.gz', gzipSync(LOG).subarray(0, 40))],
    [good, '--dbc', '/nowhere/at/all'],
    [good, '--dbc', picture],
  ]) {
    const { status, stderr } = replay(...argv);
    t.is(status, 2, argv.join(' '));
    t.regex(stderr, /^(.*frames.*\n|.*pgns.*\n)?kerbside: [^\n]+\n$/, argv.join(' '));
    t.notRegex(stderr, /\n\s+at /);
  }
});
