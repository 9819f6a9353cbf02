// A disk that is really full: a small tmpfs in a mount namespace of its own. The right to mount one is needed.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { folder } from './testing.ts';
import type { Gap } from './types.ts';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('testing-full.ts', import.meta.url));
const SCRIPT = 'mount -t tmpfs -o size=48m tmpfs "$1" && exec "$2" "$3" "$1"';

interface Result {
  before: string | null;
  telemetry: string | null;
  words: (string | null)[];
  reservesUsed: string[];
  gapsBefore: number;
  cases: string | null;
  gaps: Gap[];
  started: string | null;
  freed: (string | null)[];
  wrong: string[];
}

/** Runs the child on a small tmpfs. No right to mount one: this fails, for then nothing was shown. */
async function onSmallDisk(dir: string): Promise<string> {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', SCRIPT, 'sh', dir, process.execPath, CHILD];
  try {
    return (await run('unshare', args)).stdout;
  } catch (error) {
    // In a chroot whose root is no mount point there is no namespace to be had, but mounting works.
    if (!String((error as { stderr?: string }).stderr).includes('propagation')) throw error;
  }
  await run('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', dir]);
  try {
    return (await run(process.execPath, [CHILD, dir])).stdout;
  } finally {
    await run('umount', [dir]);
  }
}

test('on a full disk telemetry is refused, alarms and cases have their reserve and then the oldest telemetry’s room; freed, all works again by itself', async (t) => {
  t.timeout(120_000);
  const dir = await folder(t);
  const result = JSON.parse(await onSmallDisk(dir)) as Result;
  t.is(result.before, null);
  t.is(result.telemetry, 'OUTBOX_DISK_FULL');
  t.deepEqual(result.words, [null, null], 'the last words');
  t.false(result.reservesUsed.includes('alarm') || result.reservesUsed.includes('case'), 'they went into the reserve');
  t.is(result.gapsBefore, 0, 'and cost no telemetry');
  t.is(result.cases, null, 'more cases than the reserve holds');
  t.true(result.gaps.length > 0 && result.gaps.every(({ reason }) => reason === 'quota'));
  t.is(result.started, null, 'a start on the full disk');
  t.deepEqual(result.freed, [null, null, null]);
  t.deepEqual(result.wrong, []);
});
