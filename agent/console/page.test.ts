// The page in a real Chromium, as a technician sees it: two sizes, three themes, two languages.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import test, { type ExecutionContext } from 'ava';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { frame, type Made, made, madeCase, madePicture, START } from './made.ts';
import { type Console, startConsole } from './server.ts';
import { CHINESE, DESK, ENGLISH, faults, launch, open as look, PHONE, SMALL, servePage } from './testing.ts';

let browser: Browser;
/** A picture's sky says which frame it is: shade = seq % 8 * 16. */
const pictures: Buffer[] = [];

test.before(async () => {
  browser = await launch();
  for (let seq = 0; seq < 8; seq++) pictures.push(await madePicture(seq * 16));
});
test.after.always(() => browser?.close());

async function serve(t: ExecutionContext): Promise<{ it: Made; page: Console }> {
  const it = made((seq) => pictures[seq % 8] ?? null);
  it.cases = [madeCase(2, 'waiting'), madeCase(1, 'acknowledged')];
  const page = await servePage(t, it.sources);
  it.emit({ event: 'frame', data: frame(1, 21.4) });
  return { it, page };
}

const open = (t: ExecutionContext, page: Console, options: BrowserContextOptions, hash = '') =>
  look(browser, t, page, options, hash);

for (const [size, viewport] of [['phone', PHONE] as const, ['desk', DESK] as const])
  for (const theme of ['light', 'dark', 'sun'] as const)
    for (const locale of ['en-GB', 'zh-CN'])
      test.serial(
        `${size}, ${theme}, ${locale}: nothing serious for axe, no sideways scrolling, room for fingers`,
        async (t) => {
          const { page } = await serve(t);
          const { view, complaints } = await open(t, page, {
            ...ENGLISH,
            viewport,
            locale,
            colorScheme: theme === 'dark' ? 'dark' : 'light',
            contrast: theme === 'sun' ? 'more' : 'no-preference',
          });
          t.is(await view.getAttribute('html', 'data-theme'), theme);
          for (const [hash, selector] of [
            ['#/now', '.stage[data-seq]'],
            ['#/cases', '.case h3'],
            ['#/cases/case-0002', '.timeline'],
            ['#/health', '.checks li'],
          ] as const) {
            await view.evaluate(`location.hash = '${hash}'`);
            await view.waitForSelector(selector);
            if (hash === '#/now') await view.locator('.standing button').first().click();
            t.deepEqual(await faults(view, theme === 'sun'), [], hash);
            t.is(await view.evaluate('document.documentElement.scrollWidth'), viewport.width, hash);
            t.deepEqual(await view.evaluate(SMALL), [], hash);
          }
          t.deepEqual(complaints, []);
        },
      );

test.serial('boxes stand where the data says, at both sizes, on what they name', async (t) => {
  const { page } = await serve(t);
  for (const viewport of [PHONE, DESK]) {
    const { view } = await open(t, page, { ...ENGLISH, viewport });
    await view.waitForSelector('.stage[data-seq="1"]');
    const stage = (await view.locator('.stage').boundingBox())!;
    if (viewport === PHONE) t.is(stage.width, PHONE.width, 'the picture takes the whole width');
    const scale = stage.width / 768;
    t.true(Math.abs(stage.height / stage.width - 576 / 768) < 0.01, 'its own aspect');
    for (const track of frame(1, 21.4).tracks) {
      const line = (await view.evaluate(`(() => {
        const box = document.querySelector('[data-track="${track.id}"] .line').getBBox();
        return [box.x, box.y, box.width, box.height];
      })()`)) as number[];
      t.deepEqual(line, [...track.box]);
      const drawn = (await view.locator(`[data-track="${track.id}"] .line`).boundingBox())!;
      const middle = drawn.x + drawn.width / 2 - stage.x;
      t.true(Math.abs(middle - (track.box[0] + track.box[2] / 2) * scale) < 1.5);
    }
    const white = (await view.evaluate(
      `[...document.querySelector('.stage canvas').getContext('2d').getImageData(680, 70, 1, 1).data]`,
    )) as number[];
    t.true(white[0]! > 220 && white[2]! > 220, 'the van is under its box');
    t.is(await view.getAttribute('.dwell', 'data-share'), (21.4 / 30).toFixed(3));
  }
});

test.serial('picture and drawing are of one frame at every moment', async (t) => {
  const { it, page } = await serve(t);
  const { view } = await open(t, page, ENGLISH);
  await view.waitForSelector('.stage[data-seq="1"]');
  await view.evaluate(`(() => {
    window.seen = new Map();
    const look = () => {
      const stage = document.querySelector('.stage');
      const [, , blue] = stage.querySelector('canvas').getContext('2d').getImageData(4, 4, 1, 1).data;
      window.seen.set(Number(stage.dataset.seq), Math.round((blue - 120) / 16));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })()`);
  for (let seq = 2; seq <= 24; seq++) {
    it.emit({ event: 'frame', data: frame(seq, 10 + seq / 4) });
    if (seq % 4 === 0) await view.waitForSelector(`.stage[data-seq="${seq}"]`);
  }
  const seen = (await view.evaluate('new Promise((done) => requestAnimationFrame(() => done([...window.seen])))')) as [
    number,
    number,
  ][];
  t.true(seen.length >= 6);
  for (const [seq, shade] of seen) t.is(shade, seq % 8, `frame ${seq}`);
});

test.serial('a tap on a track says why in plain words, in both languages; Escape closes it', async (t) => {
  const { it, page } = await serve(t);
  const { view } = await open(t, page, ENGLISH);
  await view.waitForSelector('.stage[data-seq]');
  const tapVan = async () => {
    const box = (await view.locator('[data-track="3"] .line').boundingBox())!;
    await view.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  };
  await tapVan();
  t.is(await view.textContent('.why .say'), 'A car has stood 21.4 s in “North kerb”; at 30 s it becomes a case.');
  it.emit({ event: 'frame', data: frame(2, 33) });
  await view.waitForSelector('.track.reported[data-track="3"]');
  t.is(await view.textContent('.why .say'), 'A car has stood 33.0 s in “North kerb”; at 30 s it became a case.');
  it.emit({ event: 'frame', data: { ...frame(3, 34), tracks: [], why: [] } });
  await view.getByText('It has left the picture').waitFor();
  await view.keyboard.press('Escape');
  await view.waitForSelector('.why', { state: 'detached' });
  it.emit({ event: 'frame', data: frame(4, 21.4) });
  await view.waitForSelector('.stage[data-seq="4"]');
  await view.getByRole('button', { name: 'Display' }).click();
  await view.getByLabel('中文').check();
  await view.locator('.debug tbody tr').nth(3).getByRole('button').click();
  t.is(await view.textContent('.why .say'), '没有规则涉及行人，只跟踪，不上报。');
  await view.locator('.standing button').click();
  t.is(await view.textContent('.why .say'), '小型汽车已在「北侧路缘禁停区」停留 21.4 秒，满 30 秒即成案。');
});

test.serial('every track says why it is not a case', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page, { ...ENGLISH, viewport: DESK });
  await view.waitForSelector('.debug tbody tr');
  const rows = (await view.evaluate(
    `[...document.querySelectorAll('.debug tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent.trim().replace(/\\s+/g, ' ')))`,
  )) as string[][];
  t.deepEqual(rows, [
    ['Car 3', 'Being timed', '21.4 s', '0.71', 'North kerb', '21.4 s / 30 s', 'parked-vehicle'],
    ['Car 4', 'In no zone', '21.4 s', '0.66', '–', '–', 'parked-vehicle'],
    ['Person 12', 'No rule about it', '21.4 s', '0.83', '–', '–', '–'],
    ['Person 15', 'No rule about it', '21.4 s', '0.78', '–', '–', '–'],
  ]);
});

test.serial('a lost camera keeps its last picture, says why and what to do, and heals', async (t) => {
  const { it, page } = await serve(t);
  const { view } = await open(t, page, CHINESE);
  await view.waitForSelector('.stage[data-seq]');
  const camera = it.state.cameras[0]!;
  Object.assign(camera, { state: 'lost', since: START - 7000, reason: 'no frame for 5 s' });
  await view.waitForSelector('.stage.stale .veil');
  const veil = (await view.textContent('.veil'))!;
  t.regex(veil, /摄像机画面中断 · 7 秒前/);
  t.regex(veil, /no frame for 5 s/);
  t.regex(veil, /请检查摄像机的供电/);
  t.is(await view.getAttribute('.stage', 'data-seq'), '1');
  await view.locator('.standing').getByText('已暂停').waitFor();
  Object.assign(camera, { state: 'live', since: START });
  await view.waitForSelector('.veil', { state: 'detached' });
  await view.waitForSelector('.stage:not(.stale)');
});

test.serial('a page that is opened while the camera is lost shows the last picture', async (t) => {
  const { it, page } = await serve(t);
  it.state.cameras[0]!.state = 'lost';
  const { view } = await open(t, page, ENGLISH);
  await view.waitForSelector('.stage.stale[data-seq="1"] .veil');
  t.pass();
});

test.serial(
  'a box that is gone is said to be gone; the page heals when it is back, with what came meanwhile',
  async (t) => {
    const { it, page } = await serve(t);
    const { view } = await open(t, page, ENGLISH, '#/cases');
    await view.waitForSelector('.case h3');
    await page.close();
    const alert = view.getByRole('alert');
    await alert.waitFor();
    t.regex((await alert.textContent())!, /Connection to the box lost/);
    t.regex((await view.textContent('.worst'))!, /No connection/);
    t.is(await view.locator('.case').count(), 2, 'what was known stays');
    it.cases = [madeCase(3, 'waiting'), ...it.cases];
    const again = await startConsole({
      host: '127.0.0.1',
      port: page.port,
      sources: it.sources,
      log: { warn: () => {} },
    });
    t.teardown(() => again.close());
    await alert.waitFor({ state: 'detached' });
    await view.locator('.case').nth(2).waitFor();
    t.is(await view.locator('.case').count(), 3);
  },
);

test.serial('a box that has gone silent is lost within seconds, and found again', async (t) => {
  const { page } = await serve(t);
  const pairs: [Socket, Socket][] = [];
  let frozen = false;
  const between = createServer((near) => {
    const far = connect(page.port, '127.0.0.1');
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.on('data', (bytes) => frozen || to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
    pairs.push([near, far]);
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  const { port } = between.address() as { port: number };
  t.teardown(() => {
    for (const socket of pairs.flat()) socket.destroy();
    between.close();
  });
  const { view } = await open(t, { ...page, port, address: `http://127.0.0.1:${port}` }, ENGLISH);
  await view.waitForSelector('.stage[data-seq="1"]');
  frozen = true;
  await view.getByRole('alert').waitFor();
  t.regex((await view.textContent('.bar .facts'))!, /Unknown/);
  await view.getByText('Last picture').waitFor();
  frozen = false;
  await view.getByRole('alert').waitFor({ state: 'detached' });
  t.regex((await view.textContent('.bar .facts'))!, /Online/);
});

test.serial('between phone and desk nothing scrolls sideways either', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page, ENGLISH);
  await view.waitForSelector('.debug tbody tr');
  for (const width of [320, 600, 800, 1000, 1024, 1199, 1200, 1280, 1920]) {
    await view.setViewportSize({ width, height: 800 });
    t.is(await view.evaluate('document.documentElement.scrollWidth'), width);
    t.deepEqual(
      await view.evaluate(
        `[...document.querySelectorAll('.panel, .debug table')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)`,
      ),
      [],
      `${width}`,
    );
  }
});

test.serial('a case appears as it happens, and says when the centre has it', async (t) => {
  const { it, page } = await serve(t);
  it.cases = [];
  const { view } = await open(t, page, CHINESE, '#/cases');
  await view.getByText('还没有案件').waitFor();
  t.regex((await view.textContent('.empty'))!, /停留满 30 秒/);
  it.cases = [madeCase(5, 'waiting')];
  it.emit({ event: 'case', data: madeCase(5, 'waiting') });
  await view.getByText('待中心确认').waitFor();
  const card = (await view.textContent('.case'))!;
  for (const part of [
    '机动车乱停放',
    '09009',
    '04-09',
    '示范街北口北侧双黄线',
    '341602001001001',
    '30.2 秒',
    '尚未确定',
  ])
    t.true(card.includes(part), part);
  it.emit({ event: 'case', data: { ...madeCase(5, 'acknowledged'), deadline: START + 7_200_000 } });
  await view.getByText('中心已收到').waitFor();
  t.regex((await view.textContent('.case'))!, /剩余 2 小时/);
  t.is(await view.locator('.case').count(), 1);
  await view.locator('.case h3 a').click();
  await view.waitForSelector('.timeline');
  t.regex(
    (await view.textContent('.side .say'))!,
    /停留 30\.2 秒，超过规则 parked-vehicle（方案 demo-1）规定的 30 秒，判定为机动车乱停放/,
  );
  await view.getByText('共有 5 处行人已打码').waitFor();
});

test.serial('evidence that is no longer kept says so in its place', async (t) => {
  const { it, page } = await serve(t);
  it.sources.evidence = async () => null;
  const { view } = await open(t, page, ENGLISH, '#/cases/case-0001');
  await view.locator('.shot.missing').first().waitFor();
  await view.getByText('picture no longer kept').first().waitFor();
  t.pass();
});

test.serial('language and theme are chosen, and remembered', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page, { ...ENGLISH, viewport: DESK }, '#/health');
  await view.getByText('The box works, with warnings').waitFor();
  await view.getByLabel('中文').check();
  await view.getByText('设备可用，有提醒').waitFor();
  await view.getByLabel('强光').check();
  t.is(await view.getAttribute('html', 'data-theme'), 'sun');
  await view.reload();
  await view.getByText('设备可用，有提醒').waitFor();
  t.is(await view.getAttribute('html', 'data-theme'), 'sun');
  t.is(await view.getAttribute('html', 'lang'), 'zh-CN');
});

test.serial('the demo is begun anew on a second, deliberate press', async (t) => {
  const { it, page } = await serve(t);
  const { view } = await open(t, page, ENGLISH);
  await view.getByRole('button', { name: 'Begin the demo anew' }).click();
  await view.getByRole('button', { name: 'Keep' }).click();
  await view.getByRole('button', { name: 'Begin the demo anew' }).click();
  t.is(it.fresh, 0);
  const answered = view.waitForResponse('**/api/demo/fresh');
  await view.getByRole('button', { name: 'Delete and begin anew' }).click();
  t.is((await answered).status(), 202);
  t.is(it.fresh, 1);
  it.state.demo = false;
  await view.waitForSelector('.demo', { state: 'detached' });
});

test.serial('the keyboard reaches everything, and nothing moves for who wants it still', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page, { ...ENGLISH, reducedMotion: 'reduce' });
  await view.waitForSelector('.standing button');
  await view.keyboard.press('Tab');
  t.is(await view.evaluate('document.activeElement.className'), 'skip');
  await view.keyboard.press('Enter');
  t.is(await view.evaluate('document.activeElement.id'), 'main');
  await view.keyboard.press('Tab');
  await view.keyboard.press('Enter');
  await view.waitForSelector('.why');
  t.is(
    await view.evaluate(
      `[...document.querySelectorAll('*')].filter((one) => !getComputedStyle(one).transitionDuration.split(', ').every((d) => d === '0s')).length`,
    ),
    0,
  );
  t.is(await view.locator('main, nav, header').count(), 3, 'landmarks');
});

test.serial('a box without a camera says so', async (t) => {
  const { it, page } = await serve(t);
  it.state.cameras = [];
  const { view, complaints } = await open(t, page, ENGLISH);
  await view.getByText('This box has no camera').waitFor();
  t.deepEqual(await view.locator('.rooms a span:not(.count)').allTextContents(), ['Now', 'Cases', 'Health']);
  t.deepEqual(complaints, []);
});
