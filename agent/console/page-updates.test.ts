// The page while the box is updated: what runs, what is wanted and why it was refused, without a reload.
import test from 'ava';
import type { Browser } from 'playwright-core';
import { made } from './made.ts';
import { CHINESE, DESK, ENGLISH, faults, launch, open, servePage } from './testing.ts';

let browser: Browser;
test.before(async () => {
  browser = await launch();
});
test.after.always(() => browser?.close());

test.serial('what is pushed while somebody looks is seen without a reload, in both languages', async (t) => {
  const it = made(() => null);
  const page = await servePage(t, it.sources);
  it.state.updates.profile = { name: 'street', version: 'demo-1', counter: null };
  const { view, complaints } = await open(browser, t, page, { ...ENGLISH, viewport: DESK }, '#/health');
  const panel = view.locator('.software');
  await panel.getByText("street demo-1 · the box's own").waitFor();
  await panel.getByText('does not find the car in the known picture').waitFor();
  t.is(await panel.locator('.chip.warn').innerText(), 'refused');
  await panel.getByText('wasm · int8 · 31.2 ms').waitFor();
  await panel.getByText('tried here').waitFor();
  await view.evaluate('window.stayed = true');
  it.state.updates = structuredClone(it.state.updates);
  it.state.updates.profile = { name: 'street', version: 'demo-2', counter: 4 };
  it.emit({ event: 'state', data: it.state });
  await panel.getByText('street demo-2 · pushed, no. 4').waitFor();
  t.true(await view.evaluate('window.stayed'), 'the page was not loaded anew');
  t.deepEqual(await faults(view, false), []);
  it.state.updates = { ...it.state.updates, repository: null, slot: null };
  it.emit({ event: 'state', data: it.state });
  await panel.getByText('names no repository').waitFor();
  t.deepEqual(complaints, []);
  const chinese = await open(browser, t, page, CHINESE, '#/health');
  await chinese.view.getByText('未启用更新').waitFor();
  await chinese.view.getByText('本机试选于').waitFor();
  t.true(await chinese.view.evaluate('document.documentElement.scrollWidth <= innerWidth'));
});
