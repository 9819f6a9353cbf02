// After set-up not even the first start of flows strips types: what does that stays 12 MB larger.
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { flowsFolder, madeBox, startFlows } from '../../flows/testing.ts';
import { tempDir } from '../../test/chain-rig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SETUP = new URL('flows.mjs', import.meta.url).href;
/** Says at its end whether Node's type stripper was loaded. */
const TELLS = `data:text/javascript,process.on('exit',()=>process.stderr.write(
  'stripper '+process.moduleLoadList.some((name)=>name.includes('amaro'))))`;

type CompileFlows = (context: { root: string; compiled: string; label: string }) => Promise<boolean>;

async function stripperLoaded(t: ExecutionContext, compiled: string): Promise<boolean> {
  const { up, url } = await madeBox(t);
  process.env['NODE_COMPILE_CACHE'] = compiled;
  const { child, ended, stderr } = startFlows(t, flowsFolder(t, url, { ready: 'lamp' }), ['--import', TELLS]);
  t.true((await up()).running);
  child.kill('SIGTERM');
  t.is((await ended).code, 0);
  return stderr().includes('stripper true');
}

test('flows are compiled once, and then start without the type stripper', async (t) => {
  const { compileFlows } = (await import(SETUP)) as { compileFlows: CompileFlows };
  const compiled = tempDir(t);
  const compile = () => compileFlows({ root: ROOT, compiled, label: 'test:' });
  t.true(await compile());
  t.false(await compile(), 'once');
  t.false(await stripperLoaded(t, compiled));
  t.true(await stripperLoaded(t, tempDir(t)), 'and without it they need it');
});
