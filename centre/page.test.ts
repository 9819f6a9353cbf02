// The centre's page in a real browser: the fleet, what went wrong in words, at a desk and on a phone.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { deviceTopics, encodeEnvelope, type ReportItem, signReport } from '../contract/index.ts';
import { openPglite } from './db-pglite.ts';
import { decodeMessage } from './decode.ts';
import { startHttp } from './http.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { migrate } from './migrations.ts';
import { storeBatch } from './store.ts';

const AT = Date.UTC(2026, 2, 1, 8);
const ITEM: ReportItem = {
  ...{ kind: 'profile', name: 'street', wanted: { version: 'demo-3', counter: 3 } },
  ...{ running: { version: 'demo-2', counter: 2 }, result: 'refused', at: AT },
  ...{ code: 'CONFIG_INVALID', reason: 'profile <b>street</b>: dwell_s.value must be positive' },
};

test('the fleet is shown with what is wanted, what runs and why not, in both languages, on both screens', async (t) => {
  t.timeout(120_000);
  const dir = mkdtempSync(join(tmpdir(), 'kerbside-page-'));
  const db = await openPglite(join(dir, 'db'));
  await migrate(db);
  const live = new Live();
  const http = await startHttp({
    ...{
      db,
      metrics: new Metrics(() => true),
      live,
      token: 'x',
      port: 0,
      started: AT,
      now: () => AT,
      repository: null,
    },
    link: () => ({ online: true, broker: '', reason: '' }),
    onCommand: () => undefined,
    updates: () => ({ source: 'r', offer: { timestamp: 7, newest: [] }, fault: null }),
  });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  t.teardown(async () => {
    await browser.close();
    live.close();
    await http.close();
    await db.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const head = {
    v: 1,
    device: 'pole-1',
    lane: 'case',
    epoch: '0123456789abcdef',
    seq: 1,
    low: 1,
    kind: 'report',
  } as const;
  const body = { v: 1, kind: 'report-body', device: 'pole-1', counter: 1, nonce: 'ab'.repeat(16), at: AT } as const;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const said = signReport(
    { ...body, boot: 'b', clock: 'synced', slot: 'b', versions: null, items: [ITEM] },
    privateKey,
  );
  const line = encodeEnvelope({ ...head, at: AT, boot: 'b', mono: 1, clock: 'synced', text: JSON.stringify(said) });
  await storeBatch(db, [decodeMessage(deviceTopics('c', 'pole-1').report, Buffer.from(line))], AT);

  for (const [locale, width, words] of [
    ['en-GB', 1440, ['Fleet', '1 box, 0 online; 1 needs a look; repository at version 7', 'slot B', 'refused']],
    ['zh-CN', 390, ['设备', '1 台需要查看', '分区 B', '已拒绝', '规则文件有误']],
  ] as const) {
    const context = await browser.newContext({ locale, viewport: { width, height: 844 }, bypassCSP: true });
    const view = await context.newPage();
    const errors: string[] = [];
    view.on('pageerror', (error) => errors.push(error.message));
    await view.goto(`http://127.0.0.1:${http.port}/`);
    const text = (await view
      .locator('#devices')
      .filter({ hasText: 'pole-1' })
      .innerText({ timeout: 60_000 })) as string;
    for (const part of [...words, ITEM.reason!, 'demo-2', 'demo-3', 'CONFIG_INVALID'])
      t.true(text.includes(part), part);
    await view.locator('#alarms').waitFor({ state: 'hidden' });
    live.alarms([{ device: 'pole-1', epoch: 'e', seq: 7, at: AT, text: `{"what":"<b>${'opened '.repeat(40)}"}` }]);
    const told = view.locator('#alarms li');
    await told.waitFor({ timeout: 60_000 });
    t.regex(await told.innerText(), /^pole-1 · .*2026.* · \{"what":"<b>opened /);
    t.true(await view.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    await view.evaluate(axe.source);
    const found = (await view.evaluate('axe.run()')) as axe.AxeResults;
    const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    t.deepEqual(
      bad.map(({ id }) => id),
      [],
    );
    t.deepEqual(errors, []);
    await context.close();
  }
});
