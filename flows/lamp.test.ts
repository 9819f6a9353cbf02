// The ready lamp flow in the real runtime, against the real local broker.
import { createRequire } from 'node:module';
import test from 'ava';
import { flowsFolder, madeBox, parkingCase, startFlows } from './testing.ts';

const WebSocketOf = createRequire(import.meta.url)('ws') as unknown;

test('a lamp is on while a parking case is open; its state survives the end of flows', async (t) => {
  const { bus, lines, flows, up, url } = await madeBox(t);
  bus.case(parkingCase('before'), true);
  const folder = flowsFolder(t, url, { ready: 'lamp' });
  const began = performance.now();
  const first = startFlows(t, folder);
  await lines.until(({ lamp }) => lamp === true);
  t.log(`lamp on ${Math.round(performance.now() - began)} ms after the start`);
  const alive = await up();
  t.true(alive.running);
  t.log(`memory ${Math.round(alive.rss / 1e6)} MB`);

  bus.case(parkingCase('other-matter', { code: '04001' }), true);
  bus.case(parkingCase('before'), false);
  await lines.until(({ lamp }) => lamp === false);
  bus.case(parkingCase('a'), true);
  bus.case(parkingCase('b'), true);
  bus.case(parkingCase('a'), false);
  await lines.until(({ lamp }) => lamp === true);
  bus.case(parkingCase('b'), false);
  await lines.until(({ lamp }) => lamp === false);

  bus.case(parkingCase('c'), true);
  await lines.until(({ lamp }) => lamp === true);
  first.child.kill('SIGKILL');
  await flows.until((value) => !value.online);
  bus.case(parkingCase('c'), false);
  startFlows(t, folder);
  await lines.until(({ lamp }) => lamp === false);
});

test('it ends with whoever started it, and switches its lines off', async (t) => {
  const { bus, lines, flows, url } = await madeBox(t);
  bus.case(parkingCase('a'), true);
  const { child, ended } = startFlows(t, flowsFolder(t, url, { ready: 'lamp' }));
  await lines.until(({ lamp }) => lamp === true);
  child.disconnect();
  t.deepEqual(await ended, { code: 0, signal: null });
  t.false(flows.value.online);
  t.false(lines.value['lamp']);
});

test('the editor opens on request for a while; nothing of it outlives the opening', async (t) => {
  const { bus, flows, up, url } = await madeBox(t);
  startFlows(t, flowsFolder(t, url, { ready: 'lamp' }));
  t.false((await up()).editor.open);

  const opened = async (password: string, minutes = 5) => {
    bus.openEditor({ minutes, password });
    const alive = await flows.until((value) => value.online && value.editor.open);
    return `http://127.0.0.1:${(alive as { editor: { port: number } }).editor.port}`;
  };
  const login = async (base: string, password: string) =>
    fetch(`${base}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'node-red-editor',
        grant_type: 'password',
        scope: '',
        username: 'kerbside',
        password,
      }),
    });
  const flowsWith = (base: string, token?: string) =>
    fetch(`${base}/flows`, token ? { headers: { authorization: `Bearer ${token}` } } : {});

  const base = await opened('a first password');
  t.is((await fetch(base)).status, 200);
  t.is((await flowsWith(base)).status, 401);
  t.is((await login(base, 'a wrong password')).status, 403);
  const { access_token: token } = (await (await login(base, 'a first password')).json()) as { access_token: string };
  const read = await flowsWith(base, token);
  t.is(read.status, 200);
  t.regex(await read.text(), /kerb line/);
  const nodes = await fetch(`${base}/nodes`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/html', 'accept-language': 'zh-CN' },
  });
  const html = await nodes.text();
  for (const help of ['kerb event', 'kerb case in', 'kerb case out', 'kerb telemetry', 'kerb line', 'kerb snapshot']) {
    t.true(html.includes(`data-help-name="${help}"`), help);
  }
  t.regex(html, /遮挡/);

  const WebSocket = WebSocketOf as typeof globalThis.WebSocket;
  const socket = new WebSocket(`${base.replace('http', 'ws')}/comms`);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const answer = new Promise<string>((resolve) => socket.addEventListener('message', (m) => resolve(String(m.data))));
  socket.send(JSON.stringify({ auth: token }));
  t.deepEqual(JSON.parse(await answer), { auth: 'ok' });

  const cut = new Promise((resolve) => socket.addEventListener('close', resolve));
  bus.closeEditor();
  await cut;
  await flows.until((value) => value.online && !value.editor.open);
  await t.throwsAsync(fetch(base));

  const again = await opened('a second password', 0.02);
  t.is((await flowsWith(again, token)).status, 401);
  t.is((await login(again, 'a first password')).status, 403);
  t.is((await login(again, 'a second password')).status, 200);
  await flows.until((value) => value.online && !value.editor.open); // 1.2 s later, by itself
  await t.throwsAsync(fetch(again));
});
