// Set-up, node_modules: `npm ci` run by the pinned Node, so that native addons are built for it and none is skipped.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_VERSION } from './node.mjs';
import { run, say, writeWhole } from './run.mjs';

/** Says which state of the lockfile node_modules was made from; npm ci removes it with everything else. */
const STAMP = 'node_modules/.kerbside-setup';

/** Installs what the lockfile says unless it is there; gives whether it had to. */
export async function installModules({ root, node, label }) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const wanted = `${lock} node-${NODE_VERSION}-${process.arch}\n`;
  if (read(join(root, STAMP)) === wanted) return false;
  say(`${label} packages: npm ci (about a minute)`);
  // The pinned Node first in PATH: npm skips optional packages whose engines want a newer Node than the one running
  // it. nodedir: addons are built against the headers that came with that Node, not against the system's.
  const env = { PATH: `${join(node, 'bin')}:${process.env.PATH}`, npm_config_nodedir: node };
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, env, what: 'npm ci' });
  writeWhole(join(root, STAMP), wanted);
  return true;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
