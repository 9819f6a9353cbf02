// Set-up, the demo's footage: the street clip out of Debian's package opencv-doc, kept in the cache, never in the checkout.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, run, say } from './run.mjs';

const MEMBER = './usr/share/doc/opencv-doc/examples/data/vtest.avi';
/** SHA-256 of vtest.avi in opencv-doc 4.6.0. */
const SHA256 = '45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf';

/** Where the clip lies once it was fetched. The demo looks in the same place. */
export function footageFile(cache) {
  return join(cache, 'footage/vtest.avi');
}

/** Fetches the clip unless it is there; gives whether it did. Without it the demo says how to give another. */
export async function fetchFootage({ cache, label }) {
  const file = footageFile(cache);
  if (existsSync(file)) return false;
  say(`${label} the street clip out of Debian's opencv-doc (95 MB)`);
  mkdirSync(join(cache, 'footage'), { recursive: true });
  const work = mkdtempSync(join(cache, 'footage/part-'));
  try {
    await download(work, cache);
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (!deb) throw new Failure('apt-get download left no package');
    await run(
      'sh',
      ['-c', `dpkg-deb --fsys-tarfile "$1" | tar -xf - -C "$2" "$3"`, 'sh', join(work, deb), work, MEMBER],
      {
        what: 'unpacking the clip',
      },
    );
    const clip = join(work, MEMBER);
    const sum = createHash('sha256').update(readFileSync(clip)).digest('hex');
    if (sum !== SHA256) throw new Failure(`the clip is not the one that was expected (SHA-256 ${sum})`);
    renameSync(clip, file);
  } catch (error) {
    say(`${error.message.split('\n')[0]}`);
    say('the street clip cannot be had here; give another: npm start -- --video FILE or rtsp://...');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return true;
}

/** apt-get download needs no root, but package lists: where the system's are missing or too old, lists of our own. */
async function download(work, cache) {
  const apt = (args, what) => run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', ...args], { cwd: work, what });
  try {
    await apt(['download', 'opencv-doc'], 'apt-get download');
  } catch {
    const state = join(cache, 'apt');
    mkdirSync(join(state, 'lists/partial'), { recursive: true });
    mkdirSync(join(state, 'cache/archives/partial'), { recursive: true });
    const own = ['-o', `Dir::State::lists=${join(state, 'lists')}`, '-o', `Dir::Cache=${join(state, 'cache')}`];
    await apt([...own, 'update'], 'apt-get update into the cache');
    await apt([...own, 'download', 'opencv-doc'], 'apt-get download');
    rmSync(state, { recursive: true, force: true });
  }
}
