// The set-up behind `npm start` and `npm test`: idempotent, plain JavaScript for any Node >= 18.
// In: this checkout, $KERBSIDE_CACHE. Out: the pinned Node, node_modules, the converted detector, compiled flows, the
// demo's footage.
// All words go to stderr. It never changes anything but node_modules, the cache and (as root) system packages.
//   node scripts/setup.mjs [--for start|test|all]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFlows } from './setup/flows.mjs';
import { fetchFootage } from './setup/footage.mjs';
import { importModels } from './setup/models.mjs';
import { installModules } from './setup/modules.mjs';
import { installNode, pinnedNode } from './setup/node.mjs';
import { cacheFolder, exclusive, Failure, say } from './setup/run.mjs';
import { installSystemPackages } from './setup/system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each purpose needs; a step that has nothing to do says nothing and costs milliseconds. */
const STEPS = {
  system: (c) => installSystemPackages(c),
  node: (c) => installNode(c),
  modules: (c) => installModules(c),
  models: (c) => importModels(c),
  flows: (c) => compileFlows(c),
  footage: (c) => fetchFootage(c),
};
const PURPOSES = {
  start: ['system', 'node', 'modules', 'models', 'flows', 'footage'],
  test: ['system', 'node', 'modules', 'models'],
  all: ['system', 'node', 'modules', 'models', 'flows', 'footage'],
};

async function main() {
  const at = process.argv.indexOf('--for');
  const purpose = at < 0 ? 'all' : process.argv[at + 1];
  const steps = PURPOSES[purpose];
  if (!steps) throw new Failure(`--for ${purpose}: give start, test or all`, 2);
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Failure(`this is ${process.platform} on ${process.arch}: Kerbside runs on Linux, x64 or arm64`, 2);
  }
  const cache = cacheFolder();
  // where scripts/node24 has Node keep it
  const compiled = process.env.NODE_COMPILE_CACHE || join(cache, 'compiled');
  const context = { root, cache, purpose, compiled, node: pinnedNode(cache) };
  const started = Date.now();
  let worked = false;
  await exclusive(join(cache, 'setup.lock'), async () => {
    for (const [i, name] of steps.entries()) {
      const did = await STEPS[name]({ ...context, label: `[${i + 1}/${steps.length}]` });
      worked ||= did;
    }
  });
  if (worked) say(`done in ${Math.round((Date.now() - started) / 1000)} s`);
}

main().catch((error) => {
  say(error instanceof Failure ? error.message : `failed: ${error?.stack ?? error}`);
  process.exit(error instanceof Failure ? error.status : 1);
});
