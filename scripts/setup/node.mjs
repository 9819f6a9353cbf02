// Set-up, the pinned Node: from npm into the cache, by the small lockfile in scripts/node.
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './run.mjs';

export const NODE_VERSION = '24.21.0';

/** The folder that holds bin/node and include/. */
export function pinnedNode(cache) {
  return join(cache, `node-${NODE_VERSION}`);
}

/** Puts the pinned Node into the cache; gives whether it had to. */
export async function installNode({ root, cache, node, label }) {
  if (existsSync(join(node, 'bin/node'))) return false;
  say(`${label} Node ${NODE_VERSION} into ${node}`);
  const work = mkdtempSync(join(cache, 'node-part-'));
  try {
    cpSync(join(root, 'scripts/node'), work, { recursive: true });
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
      cwd: work,
      what: 'npm ci of Node itself',
    });
    const made = join(work, `node_modules/node-linux-${process.arch}`);
    await run(join(made, 'bin/node'), ['--version'], { what: 'a first run of Node' });
    rmSync(node, { recursive: true, force: true });
    renameSync(made, node);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return true;
}
