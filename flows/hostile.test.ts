// Hostile flows in the real runtime: each is ended or stopped, named, and the agent's side goes on meanwhile.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { countEnd } from './runtime/ends.ts';
import { flowsFolder, functionFlow, madeBox, type Online, parkingCase, startFlows, writeFlows } from './testing.ts';

/** Runs a flow until it has ended its process three times; the fourth start is a safe one. */
async function endsThrice(t: ExecutionContext, code: string, config: object, reason: RegExp): Promise<void> {
  const { bus, flows, up, url } = await madeBox(t);
  const folder = flowsFolder(t, url, config, functionFlow(code));
  for (let n = 1; n <= 3; n++) {
    const { ended, stderr } = startFlows(t, folder);
    const began = performance.now();
    const { code: status, signal } = await ended;
    t.log(`end ${n} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    t.true(signal === 'SIGKILL' || status === 1, `${status} ${signal}`);
    t.regex(stderr(), reason);
    // the agent's side: cases go through while flows hang, swell and die
    bus.case(parkingCase(`during-${n}`), true);
    await flows.until((alive) => !alive.online);
  }
  const { child, ended } = startFlows(t, folder);
  const safe = await up();
  t.true(safe.safe);
  t.false(safe.running);
  t.is(safe.ends.count, 3);
  t.regex(safe.ends.last ?? '', reason);
  child.kill('SIGTERM');
  await ended;

  // another flow is another program: it runs
  writeFlows(folder, functionFlow('return msg;'));
  const after = startFlows(t, folder);
  const mended = (await flows.until(
    (alive) => alive.online && alive.pid === after.child.pid && alive.running,
  )) as Online;
  t.false(mended.safe);
  t.is(mended.ends.count, 0);
}

test.serial('a flow that loops for ever', (t) => endsThrice(t, 'while (1) {}', {}, /hung for 3 s/));

test.serial('a flow that eats memory in Buffers', (t) => {
  const code = 'context.set("all", []); setInterval(() => context.get("all").push(Buffer.alloc(2e7, 1)), 50);';
  return endsThrice(t, code, { memory_mb: 300 }, /memory of \d+ MB passed the cap of 300 MB/);
});

test.serial('a flow that throws where nobody catches', (t) =>
  endsThrice(t, 'Promise.reject(new Error("on purpose"));', {}, /a flow threw: .*on purpose/),
);

test.serial('a deployed flow leaves safe mode without a restart', async (t) => {
  const { bus, flows, up, url } = await madeBox(t);
  const folder = flowsFolder(t, url, {}, functionFlow('while (1) {}'));
  for (let n = 0; n < 3; n++) countEnd(folder, 'the loop hung for 3 s');
  const { child } = startFlows(t, folder);
  t.true((await up()).safe);
  bus.openEditor({ minutes: 5, password: 'a password' });
  const { editor } = (await flows.until((alive) => alive.online && alive.editor.open)) as Online;
  const base = `http://127.0.0.1:${editor.port}`;
  const login = { client_id: 'node-red-editor', grant_type: 'password', scope: '', username: 'kerbside' };
  const body = new URLSearchParams({ ...login, password: 'a password' });
  const entered = (await (await fetch(`${base}/auth/token`, { method: 'POST', body })).json()) as Record<
    string,
    string
  >;
  const deployed = await fetch(`${base}/flows`, {
    method: 'POST',
    headers: { authorization: `Bearer ${entered['access_token']}`, 'content-type': 'application/json' },
    body: JSON.stringify(functionFlow('return msg;')),
  });
  t.is(deployed.status, 204);
  const alive = (await flows.until((value) => value.online && value.running && !value.safe)) as Online;
  t.is(alive.pid, child.pid!);
  t.is(alive.ends.count, 0);
});

test.serial('a flow that throws in its node costs nothing', async (t) => {
  const { up, url } = await madeBox(t);
  const { child } = startFlows(t, flowsFolder(t, url, {}, functionFlow('throw new Error("on purpose");')));
  const alive = await up();
  t.true(alive.running);
  t.is(alive.ends.count, 0);
  t.is(child.exitCode, null);
});

test.serial('a flow file that is no flow file is put aside and named; the runtime lives', async (t) => {
  for (const [text, what] of [
    ['[{"id": "a", ', /is not JSON/],
    ['{"id": "a"}', /is not a list of nodes/],
    ['[{"id": "a"}]', /without id or type/],
  ] as const) {
    const { flows, url } = await madeBox(t);
    const folder = flowsFolder(t, url, {}, text);
    const { child, ended } = startFlows(t, folder);
    const alive = (await flows.until((value) => value.online && value.faults.length > 0)) as Online;
    t.like(alive.faults[0], { code: 'FLOWS_FILE' });
    t.regex(alive.faults[0]!.what, what);
    t.is(readFileSync(join(folder, 'flows.refused.json'), 'utf8'), text);
    t.false(existsSync(join(folder, 'flows.json')));
    child.kill('SIGTERM');
    await ended;
  }
});

test.serial('a flow that needs a node which is not there is named; the runtime lives', async (t) => {
  const { flows, url } = await madeBox(t);
  const flow = [
    { id: 'tab', type: 'tab', label: 'x' },
    { id: 'a', type: 'teleport', z: 'tab', wires: [[]] },
    { id: 'b', type: 'exec', z: 'tab', wires: [[]] },
  ];
  startFlows(t, flowsFolder(t, url, {}, flow));
  const alive = (await flows.until((value) => value.online && value.faults.length > 0)) as Online;
  t.like(alive.faults[0], { code: 'FLOWS_MISSING_NODE' });
  t.regex(alive.faults[0]!.what, /teleport, exec/);
});

test.serial('a bad configuration is one line and exit 2', async (t) => {
  const { url } = await madeBox(t);
  for (const spoil of ['broker: 3', '{"broker": ', 'user_dir: .']) {
    const folder = flowsFolder(t, url);
    writeFileSync(join(folder, 'flows.yaml'), spoil);
    const { ended, stderr } = startFlows(t, folder);
    t.deepEqual(await ended, { code: 2, signal: null });
    t.is(stderr().trim().split('\n').length, 1);
  }
});
