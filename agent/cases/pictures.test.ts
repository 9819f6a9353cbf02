// agent/cases: picture files are whole or absent, are what the case says, and stay within their quota.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { derivedId } from '../../contract/index.ts';
import { PictureFolder } from './pictures.ts';

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-pictures-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'pictures');
}

const id = (n: number) => derivedId(n, 'picture', String(n));
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a picture comes back byte for byte, or not at all', async (t) => {
  const dir = folder(t);
  const bytes = Buffer.from('jpeg');
  const pictures = new PictureFolder(dir);
  await pictures.write(id(1), bytes);
  t.deepEqual(readdirSync(dir), [PictureFolder.fileName(id(1))]);
  t.deepEqual(await pictures.get(id(1), sha(bytes)), bytes);
  t.is(await pictures.get(id(2), sha(bytes)), null);
  writeFileSync(join(dir, PictureFolder.fileName(id(1))), 'jpe');
  t.is(await pictures.get(id(1), sha(bytes)), null);
});

test('the oldest go beyond the quota, also those of an earlier life; the newest always stays', async (t) => {
  const dir = folder(t);
  const first = new PictureFolder(dir, 100);
  for (const n of [1, 2, 3]) await first.write(id(n), Buffer.alloc(30));
  const second = new PictureFolder(dir, 100);
  await second.write(id(4), Buffer.alloc(30));
  const names = (...numbers: number[]) => numbers.map((n) => `${id(n)}.jpg`);
  t.deepEqual(readdirSync(dir).sort(), names(2, 3, 4));
  await second.write(id(5), Buffer.alloc(500));
  t.deepEqual(readdirSync(dir).sort(), names(5));
});

test("half-written files of an earlier life are removed, other people's files are left alone", async (t) => {
  const dir = folder(t);
  mkdirSync(dir);
  writeFileSync(join(dir, `${id(1)}.jpg.part`), 'half');
  writeFileSync(join(dir, 'holiday.jpg'), 'x'.repeat(500));
  await new PictureFolder(dir, 100).write(id(2), Buffer.alloc(90));
  t.deepEqual(readdirSync(dir).sort(), [`${id(2)}.jpg`, 'holiday.jpg'].sort());
});

test('a folder that cannot be made is an error, not a loss of anything else', async (t) => {
  const dir = folder(t);
  writeFileSync(dir, 'a file');
  await t.throwsAsync(new PictureFolder(dir).write(id(1), Buffer.alloc(1)));
  t.false(existsSync(join(dir, 'x')));
});
