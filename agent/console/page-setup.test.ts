// Zones drawn on the live picture in a real Chromium: with a finger, a mouse and the keyboard; drafts that nothing loses.
import test, { type ExecutionContext } from 'ava';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CAMERA, frame, made, madePicture } from './made.ts';
import { DOCUMENT, withSite } from './made-site.ts';
import { CHINESE, DESK, ENGLISH, faults, launch, open as look, PHONE, SMALL, servePage } from './testing.ts';

let browser: Browser;
let picture: Buffer;
test.before(async () => {
  browser = await launch();
  picture = await madePicture(16);
});
test.after.always(() => browser?.close());

async function serve(t: ExecutionContext) {
  const it = made(() => picture);
  it.sources.frame = async (_, seq) => ({ seq: seq ?? 1, jpeg: picture });
  const site = withSite(it);
  it.state.cameras = [
    {
      ...CAMERA,
      main: { state: 'lost', since: it.state.now - 130_000, reason: 'no picture for 10 s', code: 'CAMERA_SILENT' },
      change: { at: it.state.now - 3_600_000, text: 'its picture was 704x576 and is 768x576' },
      lines: DOCUMENT.cameras[0]!.lines.map(({ id, name, from, to }) => ({ id, name, from, to })),
      counts: [
        { line: 'crossing', class: 'person', left: 12, right: 7 },
        { line: 'crossing', class: 'car', left: 3, right: 41 },
      ],
    },
  ];
  const page = await servePage(t, it.sources);
  it.emit({ event: 'frame', data: frame(1, 21.4) });
  const open = async (options: BrowserContextOptions, hash = '#/setup') => {
    const seen = await look(browser, t, page, options, hash);
    if (hash === '#/setup') await seen.view.waitForSelector('.draft.zone');
    return seen;
  };
  return { it, site, page, open };
}

/** Where a point of the camera's picture is on the screen. */
async function onScreen(view: Page, [x, y]: readonly [number, number]): Promise<[number, number]> {
  const stage = (await view.locator('.setup .stage').boundingBox())!;
  const [vx, vy, vw, vh] = (await view.getAttribute('.setup .stage', 'data-view'))!.split(' ').map(Number);
  return [stage.x + ((x - vx!) * stage.width) / vw!, stage.y + ((y - vy!) * stage.height) / vh!];
}

async function drag(view: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  await view.mouse.move(...(await onScreen(view, from)));
  await view.mouse.down();
  const [x, y] = await onScreen(view, to);
  await view.mouse.move(x - 5, y - 5);
  await view.mouse.move(x, y);
  await view.mouse.up();
}

const polygon = async (view: Page, index = 0): Promise<number[][]> =>
  (await view.getAttribute(`[data-shape="zone-${index}"] polygon`, 'points'))!
    .split(' ')
    .map((corner) => corner.split(',').map(Number));
const near = (a: readonly number[], b: readonly number[], far = 4) => Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!) <= far;

const LOOKS = [['phone', PHONE] as const, ['desk', DESK] as const].flatMap(([size, viewport]) =>
  (['light', 'dark', 'sun'] as const).flatMap((theme) =>
    (theme === 'dark' ? ['zh-CN'] : ['en-GB', 'zh-CN']).map((locale) => ({ size, viewport, theme, locale })),
  ),
);
for (const { size, viewport, theme, locale } of LOOKS)
  test.serial(
    `${size}, ${theme}, ${locale}: the room and the picture pass axe, fit, and leave room for fingers`,
    async (t) => {
      const { open } = await serve(t);
      const { view, complaints } = await open({
        ...ENGLISH,
        viewport,
        locale,
        colorScheme: theme === 'dark' ? 'dark' : 'light',
        contrast: theme === 'sun' ? 'more' : 'no-preference',
      });
      await view.locator('.list li button').first().click();
      for (const summary of await view.locator('.rule summary').all()) await summary.click();
      await view.waitForSelector('.corner');
      t.deepEqual(await faults(view, theme === 'sun'), []);
      t.is(await view.evaluate('document.documentElement.scrollWidth'), viewport.width);
      t.deepEqual(await view.evaluate(SMALL), []);
      await view.evaluate(`location.hash = '#/now'`);
      await view.waitForSelector('.misses li');
      t.deepEqual(await faults(view, theme === 'sun'), []);
      t.is(await view.evaluate('document.documentElement.scrollWidth'), viewport.width);
      t.deepEqual(complaints, []);
    },
  );

test.serial(
  'a corner, an edge and a whole zone are dragged; each is one step to undo; saving puts them in force',
  async (t) => {
    const { site, open } = await serve(t);
    const { view } = await open({ ...ENGLISH, viewport: DESK });
    const before = await polygon(view);
    await view.mouse.click(...(await onScreen(view, [680, 95])));
    await view.waitForSelector('.draft.chosen');
    await drag(view, [628, 78], [590, 60]);
    t.true(near((await polygon(view))[0]!, [590, 60]), 'the corner follows');
    await drag(view, [680, 115], [680, 160]);
    const five = await polygon(view);
    t.is(five.length, 5, 'the dot between two corners becomes one');
    await drag(view, [660, 95], [560, 195]);
    const moved = await polygon(view);
    t.true(
      moved.every((corner, i) => near(corner, [five[i]![0]! - 100, five[i]![1]! + 100])),
      JSON.stringify(moved),
    );
    await view.getByRole('button', { name: 'Undo' }).click();
    t.deepEqual(await polygon(view), five);
    await view.getByRole('button', { name: 'Save' }).click();
    await view.getByText('Saved. In force now.').waitFor();
    t.deepEqual(site.sent[0]!.cameras[0]!.zones[0]!.polygon, five as [number, number][]);
    t.deepEqual({ ...site.sent[0]!, cameras: [] }, { ...DOCUMENT, cameras: [] }, 'nothing else has changed');
    await view.getByText('Edited on this box').waitFor();
    await view.getByRole('button', { name: 'Back to the file or the publication' }).click();
    await view.getByRole('button', { name: 'Delete the edit' }).click();
    await view.getByText('The site file of this box').waitFor();
    t.deepEqual(await polygon(view), before);
  },
);

test.serial('with one finger on a phone: close up, a corner is dragged and the page does not scroll', async (t) => {
  const { open } = await serve(t);
  const { view } = await open({ ...CHINESE, hasTouch: true, isMobile: true });
  const [x, y] = await onScreen(view, [690, 95]);
  await view.touchscreen.tap(x, y);
  await view.waitForSelector('.draft.chosen');
  await view.getByRole('button', { name: '放大' }).tap();
  await view.locator('.setup .stage:not([data-view="0 0 768 576"])').waitFor();
  const finger = await view.context().newCDPSession(view);
  const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: [number, number]) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [{ x: at[0], y: at[1] }] : [] });
  const scrolled = await view.evaluate('scrollY');
  await touch('touchStart', await onScreen(view, [640, 118]));
  for (const step of [
    [630, 128],
    [615, 145],
    [600, 160],
  ] as const)
    await touch('touchMove', await onScreen(view, step));
  await touch('touchEnd');
  t.true(near((await polygon(view))[3]!, [600, 160]), JSON.stringify(await polygon(view)));
  t.is(await view.evaluate('scrollY'), scrolled);
  await view.getByText('草稿，尚未生效').waitFor();
});

test.serial('what stands inside is told while the zone is moved', async (t) => {
  const { open, it } = await serve(t);
  const { view } = await open({ ...ENGLISH, viewport: DESK });
  await view.locator('.list li button').first().click();
  await view.locator('.shape').getByText('1 inside now: 1 Car').waitFor();
  t.is(await view.locator('.thing.in').count(), 1);
  await drag(view, [680, 95], [330, 380]);
  await view.locator('.shape').getByText('1 inside now: 1 Person').waitFor();
  it.emit({ event: 'frame', data: { ...frame(2, 1), tracks: [], why: [] } });
  await view.locator('.shape').getByText('Nothing stands inside now').waitFor();
  t.pass();
});

test.serial('the keyboard alone: a corner is moved and removed, a zone drawn, named and saved', async (t) => {
  const { site, open } = await serve(t);
  const { view } = await open({ ...ENGLISH, viewport: DESK });
  await view.locator('[data-shape="zone-0"] [role="button"]').focus();
  await view.waitForSelector('.corner');
  await view.keyboard.press('ArrowDown');
  t.deepEqual((await polygon(view))[0], [628, 79]);
  await view.locator('[data-corner="1"]').focus();
  await view.keyboard.press('Shift+ArrowRight');
  t.deepEqual((await polygon(view))[1], [726, 75]);
  await view.keyboard.press('Delete');
  t.is((await polygon(view)).length, 3);
  await view.getByRole('button', { name: 'New zone' }).press('Enter');
  await view.waitForSelector('[data-shape="zone-1"]');
  await view.getByLabel('Name, English').fill('Bus stop');
  await view.getByLabel('Name, Chinese').fill('公交站');
  await view.getByLabel('Kind of zone').fill('no-bicycles');
  await view.getByText('Rules here: Bicycles parked where they may not').waitFor();
  await view.getByRole('button', { name: 'Save' }).press('Enter');
  await view.getByText('Saved. In force now.').waitFor();
  t.like(site.sent[0]!.cameras[0]!.zones[1], {
    id: 'zone-1',
    name: { zh: '公交站', en: 'Bus stop' },
    kind: 'no-bicycles',
  });
});

test.serial('rules: kinds, seconds with their source, how many, hours', async (t) => {
  const { site, open } = await serve(t);
  const { view } = await open(ENGLISH);
  const rule = view.locator('[data-rule="bicycles"]');
  await rule.locator('summary').click();
  await rule.getByLabel('no-parking').check();
  await rule.getByLabel('Seconds until it is a case').fill('300');
  await rule.getByText('say where the new one comes from').waitFor();
  await rule.getByLabel('Where the number comes from').first().fill('city rule 14');
  await rule.getByText('say where the new one comes from').waitFor({ state: 'detached' });
  await rule.getByLabel('How many make a matter').fill('8');
  await rule.getByRole('button', { name: 'Sat' }).click();
  await rule.getByLabel('To', { exact: true }).fill('00:00');
  await view.locator('[data-rule="parked-vehicle"] summary').click();
  await view.locator('[data-rule="parked-vehicle"]').getByRole('button', { name: 'Copy this rule' }).click();
  await view.locator('[data-rule="parked-vehicle-2"] summary').click();
  await view.locator('[data-rule="parked-vehicle-2"]').getByLabel('Seconds until it is a case').fill('60');
  await view.getByRole('button', { name: 'Save' }).click();
  await view.getByText('Saved. In force now.').waitFor();
  const [first, copy, saved] = site.sent[0]!.profile.rules;
  t.deepEqual([first!.dwell_s.value, copy!.id, copy!.dwell_s.value], [30, 'parked-vehicle-2', 60]);
  t.like(saved, { zones: ['no-bicycles', 'no-parking'], dwell_s: { value: 300, source: 'city rule 14' } });
  t.like(saved, { min_count: { value: 8, source: 'city rule 12' } });
  t.deepEqual(saved!.when, [{ days: [1, 2, 3, 4, 5, 6], from: '07:00', to: '24:00' }]);
});

test.serial(
  'a draft outlives states, another room and a page that is loaded anew; another state is not silently replaced',
  async (t) => {
    const { it, site, open } = await serve(t);
    const { view } = await open({ ...ENGLISH, viewport: DESK });
    await view.locator('.list li button').first().click();
    await view.getByLabel('Name, English').fill('My kerb');
    it.emit({ event: 'state', data: structuredClone(it.state) });
    await view.evaluate(`location.hash = '#/health'`);
    await view.waitForSelector('.checks li');
    await view.evaluate(`location.hash = '#/setup'`);
    await view.locator('.list').getByText('My kerb').waitFor();
    await view.reload();
    await view.locator('.list').getByText('My kerb').waitFor();

    await site.source.edit({ ...structuredClone(DOCUMENT), name: { zh: '新', en: 'New' } }, null);
    await view.getByText('Zones and rules were changed elsewhere while you drew.').waitFor();
    t.true(await view.getByRole('button', { name: 'Save' }).isDisabled());
    await view.getByRole('button', { name: 'Keep my draft' }).click();
    await view.getByRole('button', { name: 'Save' }).click();
    await view.getByText('Saved. In force now.').waitFor();
    t.is(site.sent.at(-1)!.cameras[0]!.zones[0]!.name.en, 'My kerb');
    // with no draft, what is in force elsewhere is simply shown
    const other = structuredClone(DOCUMENT);
    other.cameras[0]!.zones[0]!.name.en = 'Their kerb';
    await site.source.edit(other, null);
    await view.locator('.list').getByText('Their kerb').waitFor();
  },
);

test.serial('what is refused stands at its field, and the draft stays', async (t) => {
  const { site, open } = await serve(t);
  const { view } = await open({ ...CHINESE, viewport: DESK });
  await view.locator('.list li button').first().click();
  await view.getByLabel('区域类型').fill('No Parking');
  site.faults = [
    { path: 'cameras.0.zones.0.kind', zh: '只能用小写字母', en: 'must be small letters' },
    { path: 'profile.rules.1.dwell_s.source', zh: '缺少依据', en: 'has no source' },
  ];
  await view.getByRole('button', { name: '保存' }).click();
  await view.getByText('有 2 处需要先改正').waitFor();
  t.is(await view.getAttribute('#zone-0-kind', 'aria-invalid'), 'true');
  t.is(await view.textContent('#zone-0-kind-wrong'), '只能用小写字母');
  await view.locator('[data-rule="bicycles"]').getByText('缺少依据').waitFor();
  t.is(await view.inputValue('#zone-0-kind'), 'no parking');
  t.deepEqual(site.sent, []);
});

test.serial('an edit that was overtaken is offered, and becomes a draft again', async (t) => {
  const { it, site, open } = await serve(t);
  const mine = structuredClone(DOCUMENT);
  mine.cameras[0]!.zones[0]!.name.en = 'Old edit';
  site.answer = {
    ...site.answer,
    from: 'published',
    aside: { at: it.state.now, version: 'demo-1+edit.4' },
    other: mine,
  };
  it.state.site = { ...it.state.site!, from: 'published', aside: site.answer.aside };
  const { view } = await open({ ...ENGLISH, viewport: DESK });
  await view.getByText('An edit made on this box (demo-1+edit.4) was overtaken').waitFor();
  await view.getByRole('button', { name: 'Look at it again as a draft' }).click();
  await view.locator('.list').getByText('Old edit').waitFor();
  await view.getByText('Draft, not in force yet').waitFor();
  t.pass();
});

test.serial(
  'the picture shows gatherings, lines with their counts, what gating saves and near-misses with the reason',
  async (t) => {
    const { it, open } = await serve(t);
    const group = {
      rule: 'bicycles',
      zone: 'north-kerb',
      box: [300, 250, 180, 90] as const,
      dwell_s: 42,
      limit_s: 120,
    };
    it.emit({
      event: 'frame',
      data: { ...frame(2, 21.4), groups: [{ ...group, count: 6, needed: 5, reason: 'timing' }] },
    });
    const { view } = await open(ENGLISH, '#/now');
    await view.waitForSelector('.gathering .line');
    t.is(await view.getAttribute('.gathering .dwell', 'data-share'), (42 / 120).toFixed(3));
    t.is(await view.textContent('.gathering .label text'), '6 of 5');
    await view.locator('.standing').getByText('6 of 5').waitFor();
    t.is(await view.textContent('.tally text'), 'South section · 63');
    const looking = (await view.textContent('.looking'))!;
    for (const part of [
      '24 % of looks were not needed',
      '1.0 % of the picture moves',
      '3.4 regions a second are enlarged for small and far things',
      '12 looks left out since the start: all workers were busy',
      'Larger stream is lost: evidence comes from the smaller one · 2 min ago · no picture for 10 s',
      'The stream has changed',
      'its picture was 704x576',
    ])
      t.true(looking.includes(part), `${part} | ${looking}`);
    t.deepEqual(await view.locator('.counts tbody tr').first().locator('td').allTextContents(), ['12', '7']);
    const misses = await view.locator('.misses li p:first-child').allTextContents();
    t.deepEqual(misses, [
      'Car stood 24.1 s of 30 s in “North kerb”, then left.',
      'Too few in “North kerb”: 3 of 5 (Bicycle), for 20 s.',
      'Truck stood 18 s in “North kerb”; the box was only 41 % sure of it, and the rule asks 50 %.',
    ]);
  },
);

test.serial('of four cameras each is chosen, seen and drawn on by itself', async (t) => {
  const { it, site, open } = await serve(t);
  const ids = ['pole-1', 'pole-2', 'pole-3', 'pole-4'];
  it.state.cameras = ids.map((id, i) => ({
    ...it.state.cameras[0]!,
    id,
    name: { zh: `${i + 1} 号枪机`, en: `Camera ${i + 1}` },
    state: i === 2 ? 'lost' : 'live',
  }));
  const [first] = site.answer.site.cameras;
  site.answer.site.cameras = ids.map((id, i) => ({
    ...first!,
    id,
    zones: first!.zones.map((zone) => ({ ...zone, name: { zh: `区 ${i + 1}`, en: `Kerb ${i + 1}` } })),
  }));
  for (const [i, id] of ids.entries()) it.emit({ event: 'frame', data: { ...frame(10 + i, 5), camera: id } });
  const { view } = await open(ENGLISH, '#/now');
  await view.waitForSelector('.stage[data-seq="10"]');
  await view.getByRole('button', { name: 'Camera 4' }).click();
  await view.waitForSelector('.stage[data-seq="13"]');
  t.is(await view.evaluate('document.documentElement.scrollWidth'), PHONE.width);
  t.deepEqual(await view.evaluate(SMALL), []);
  await view.evaluate(`location.hash = '#/setup'`);
  await view.locator('.list').getByText('Kerb 4').waitFor();
  await view.getByRole('button', { name: 'Camera 2' }).click();
  await view.locator('.list li button').first().click();
  await view.getByLabel('Name, English').fill('Second');
  await view.getByRole('button', { name: 'Closer' }).click();
  const near = (await view.getAttribute('.setup .stage', 'data-view'))!;
  await view.locator('.list li button').nth(1).click();
  await view.waitForFunction(`document.querySelector('.setup .stage').dataset.view !== '${near}'`);
  await view.getByRole('button', { name: 'Camera 1' }).click();
  await view.locator('.list').getByText('Kerb 1').waitFor();
  t.is(await view.locator('.shape').count(), 0, 'nothing of the other camera is picked');
  t.is(await view.getAttribute('.setup .stage', 'data-view'), '0 0 768 576');
  await view.getByRole('button', { name: 'Save' }).click();
  await view.getByText('Saved. In force now.').waitFor();
  t.deepEqual(
    site.sent[0]!.cameras.map(({ zones }) => zones[0]!.name.en),
    ['Kerb 1', 'Second', 'Kerb 3', 'Kerb 4'],
  );
});
