// Flows and outputs on the page: how they are, the editor opened and closed, at both sizes, in both languages.
import test, { type ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import type { EditorOpened } from './api-flows.ts';
import { frame, made, madeCase, madePicture, START } from './made.ts';
import { DESK, ENGLISH, faults, launch, open as look, PHONE, SMALL, servePage } from './testing.ts';

let browser: Browser;
let picture: Buffer;
test.before(async () => {
  browser = await launch();
  picture = await madePicture(16);
});
test.after.always(() => browser?.close());

/** A box whose flows open their editor when they are asked to. */
async function serve(t: ExecutionContext) {
  const it = made(() => picture);
  const flowCase = {
    ...madeCase(3, 'waiting'),
    evidence: [],
    rule: { id: 'flow', limit_s: 0, dwell_s: 0, profile: 'flow' },
  };
  it.cases = [flowCase, madeCase(1, 'acknowledged')];
  const asked: (number | 'close')[] = [];
  it.sources.flows = {
    openEditor: async (minutes) => {
      asked.push(minutes);
      const opened: EditorOpened = {
        user: 'kerbside',
        password: `k3fh-9x2m-pq7r-wt4${asked.length}`,
        url: 'http://127.0.0.1:1880/',
        until: it.state.now + minutes * 60_000,
      };
      it.state.flows!.editor = { open: true, url: opened.url, until: opened.until };
      return opened;
    },
    closeEditor: () => {
      asked.push('close');
      it.state.flows!.editor = { open: false, url: null, until: null };
    },
  };
  const page = await servePage(t, it.sources);
  it.emit({ event: 'frame', data: frame(1, 21.4) });
  return { it, page, asked };
}

for (const [size, viewport] of [['phone', PHONE] as const, ['desk', DESK] as const])
  for (const locale of ['en-GB', 'zh-CN'])
    test.serial(`${size}, ${locale}: the editor open; nothing serious for axe, room for fingers`, async (t) => {
      const { page } = await serve(t);
      const { view, complaints } = await look(browser, t, page, { ...ENGLISH, viewport, locale }, '#/health');
      await view.locator('.flows button').first().click();
      await view.waitForSelector('[data-password]');
      for (const [hash, selector] of [
        ['#/health', '[data-password]'],
        ['#/now', '[data-output=lamp]'],
        ['#/cases', '.case.bare h3'],
        ['#/cases/case-0003', '.say'],
      ] as const) {
        await view.evaluate(`location.hash = '${hash}'`);
        await view.waitForSelector(selector);
        t.deepEqual(await faults(view, false), [], hash);
        t.is(await view.evaluate('document.documentElement.scrollWidth'), viewport.width, hash);
        t.deepEqual(await view.evaluate(SMALL), [], hash);
      }
      t.deepEqual(complaints, []);
    });

test.serial('the editor is opened for half an hour, its password shown once, its end counted down', async (t) => {
  const { it, page, asked } = await serve(t);
  const { view } = await look(browser, t, page, ENGLISH, '#/health');
  const panel = view.locator('.flows');
  await panel.getByText('Closed. It opens for a limited time').waitFor();
  await panel.getByRole('button', { name: 'Open the editor for 30 min' }).click();
  await panel.getByText('k3fh-9x2m-pq7r-wt41').waitFor();
  t.deepEqual(asked, [30]);
  t.regex((await panel.getByRole('timer').textContent())!, /Open for (30 min|29 min \d+ s) more/);
  const text = (await panel.textContent())!;
  t.regex(text, /on the box itself only, at http:\/\/127\.0\.0\.1:1880/);
  t.regex(text, /ssh -L 1880:127\.0\.0\.1:1880 user@/);

  // another page knows that it is open, and never the password
  const other = await look(browser, t, page, ENGLISH, '#/health');
  await other.view.locator('.flows').getByText('Somebody opened it').waitFor();
  t.is(await other.view.locator('[data-password]').count(), 0);

  // opened anew there: the first one is void here
  await other.view.locator('.flows').getByRole('button', { name: 'Open anew' }).click();
  await other.view.locator('.flows').getByText('k3fh-9x2m-pq7r-wt42').waitFor();
  it.state.flows!.editor.until! += 1000;
  await panel.getByText('Somebody opened it').waitFor();
  await panel.getByRole('button', { name: 'Close it now' }).click();
  await panel.getByText('Closed. It opens for a limited time').waitFor();
  t.deepEqual(asked, [30, 30, 'close']);
});

test.serial('safe mode, a lost process and a refused opening are said in place', async (t) => {
  const { it, page } = await serve(t);
  const { view } = await look(browser, t, page, ENGLISH, '#/health');
  const panel = view.locator('.flows');
  const reason = 'the loop hung for 3 s';
  Object.assign(it.state.flows!, { state: 'safe', ends: 3, last_end: { at: START - 60_000, reason } });
  await panel.getByText('Safe mode: not run').waitFor();
  await panel.getByText(reason).waitFor();
  it.sources.flows!.openEditor = async () => {
    throw new Error('its port is taken');
  };
  await panel.getByRole('button', { name: 'Open the editor' }).click();
  t.regex((await panel.getByRole('alert').textContent())!, /its port is taken/);
  Object.assign(it.state.flows!, { state: 'gone', rss: null, node_red: null });
  await panel.getByText('Not running').waitFor();
  t.true(await panel.getByRole('button', { name: 'Open the editor' }).isDisabled());
  it.state.flows = null;
  it.state.outputs = [];
  await view.waitForSelector('.flows', { state: 'detached' });
  t.is(await view.locator('.outputs').count(), 0);
});
