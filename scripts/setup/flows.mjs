// Set-up, flows: loads their programs once, so that the pinned Node keeps them without their types. A process that strips
// types itself stays 12 MB larger, and flows are to be small from their first start on.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_VERSION } from './node.mjs';
import { run, say, writeWhole } from './run.mjs';

/** What `flows` runs: its program, and the nodes that Node-RED loads. */
const PROGRAMS = [['flows/main.ts', '--help'], ['flows/nodes/kerb.js']];

/** Fills the folder of compiled code unless it holds flows as they are now; gives whether it had to. */
export async function compileFlows({ root, compiled, label }) {
  const stamp = join(compiled, `flows-${sourcesHash(root)}`);
  if (existsSync(stamp)) return false;
  say(`${label} flows: compiling (a second)`);
  for (const [program, ...args] of PROGRAMS) {
    const env = { NODE_COMPILE_CACHE: compiled };
    await run(join(root, 'scripts/node24'), [join(root, program), ...args], { env, what: program });
  }
  writeWhole(stamp, '');
  return true;
}

/** Compiled code belongs to a file's place, to its text and to Node. */
function sourcesHash(root) {
  const hash = createHash('sha256').update(`${NODE_VERSION} ${root}`);
  for (const room of ['flows', 'contract']) {
    for (const name of readdirSync(join(root, room), { recursive: true }).sort()) {
      if (/\.(ts|js)$/.test(name)) hash.update(`\n${name}\n`).update(readFileSync(join(root, room, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
