// The room of the vehicle in a real Chromium: the map that follows, lines that are switched, a receiver that is lost.
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { made, START } from './made.ts';
import { aboard, HERE } from './made-vehicle.ts';
import { project } from './page/geo.ts';
import type { Console } from './server.ts';
import { CHINESE, DESK, ENGLISH, faults, launch, open as look, PHONE, SMALL, servePage } from './testing.ts';

let browser: Browser;
test.before(async () => {
  browser = await launch();
});
test.after.always(() => browser?.close());

/** How often a box says where it is: the map glides from one place to the next in that time. */
const PACE_MS = 1000;

async function serve(t: ExecutionContext, state_ms?: number) {
  const car = aboard(made(() => null));
  const page = await servePage(t, car.it.sources, state_ms);
  return { ...car, page };
}

/** Opens the vehicle's room and waits until its map is drawn with its streets. */
async function open(t: ExecutionContext, page: Console, options = ENGLISH) {
  const seen = await look(browser, t, page, options, '#/vehicle');
  await seen.view.waitForSelector('.map canvas[data-scale]');
  await seen.view.waitForSelector('.made-up');
  return seen;
}

/** What the map looks at: Mercator metres and pixels per metre. */
async function viewOf(view: Page): Promise<{ x: number; y: number; scale: number }> {
  const [middle, scale] = (await view.evaluate(
    `(() => { const { middle, scale } = document.querySelector('.map canvas').dataset; return [middle, scale]; })()`,
  )) as [string, string];
  const [x, y] = middle.split(' ').map(Number);
  return { x: x!, y: y!, scale: Number(scale) };
}

/** Waits until the map looks at a place. */
const looksAt = (view: Page, [x, y]: readonly [number, number]) =>
  view.waitForFunction(
    ([wantedX, wantedY]) => {
      // runs in the browser
      const root = globalThis as unknown as {
        document: { querySelector(name: string): { dataset: { middle?: string } } };
      };
      const [a, b] = (root.document.querySelector('.map canvas').dataset.middle ?? '').split(' ').map(Number);
      return Math.abs(a! - wantedX!) < 0.2 && Math.abs(b! - wantedY!) < 0.2;
    },
    [x, y] as const,
  );

/** How much of the map is of a colour of the theme. */
const pixels = (view: Page, name: string) =>
  view.evaluate(`(() => {
    const canvas = document.querySelector('.map canvas');
    const probe = document.createElement('canvas').getContext('2d');
    probe.fillStyle = getComputedStyle(canvas).getPropertyValue('--${name}').trim();
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 0; i < all.length; i += 4) if (all[i] === r && all[i + 1] === g && all[i + 2] === b) count++;
    return count;
  })()`) as Promise<number>;

for (const [size, viewport] of [['phone', PHONE] as const, ['desk', DESK] as const])
  for (const theme of ['light', 'dark', 'sun'] as const)
    for (const locale of ['en-GB', 'zh-CN'])
      test.serial(`${size}, ${theme}, ${locale}: the vehicle, well and with everything lost`, async (t) => {
        const { vehicle, page } = await serve(t);
        const { view, complaints } = await open(t, page, {
          ...ENGLISH,
          viewport,
          locale,
          colorScheme: theme === 'dark' ? 'dark' : 'light',
          contrast: theme === 'sun' ? 'more' : 'no-preference',
        });
        t.is(await view.getAttribute('html', 'data-theme'), theme);
        const check = async (what: string) => {
          t.deepEqual(await faults(view, theme === 'sun'), [], what);
          t.is(await view.evaluate('document.documentElement.scrollWidth'), viewport.width, what);
          t.deepEqual(await view.evaluate(SMALL), [], what);
        };
        await check('well');
        Object.assign(vehicle.receiver, { state: 'lost', since: START - 7000, reason: 'the port is gone' });
        Object.assign(vehicle.bus, { state: 'lost', since: START - 9000, reason: 'no frame for 5 s' });
        Object.assign(vehicle.fix, { mode: 0, lat: null, lon: null, age_ms: 12_000, flags: [] });
        Object.assign(vehicle.speed, { differs: true });
        vehicle.lines[1]!.error = 'the line is busy';
        vehicle.switchable = false;
        await view.waitForSelector('.map.stale .veil');
        await check('lost');
        t.deepEqual(complaints, []);
      });

test.serial('the room says where the vehicle is, how fast, how sure, and what it has driven, with units', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page);
  t.regex((await view.textContent('.speedo'))!, /8\s*km\/h/);
  t.is(await view.textContent('.whereabouts'), 'On 示例中街, heading east');
  const facts = (await view.textContent('.drive .facts'))!;
  for (const part of [
    '3D fix, 14 satellites, HDOP 0.9',
    '6.8 km',
    'since 13:29:09, 34 min 12 s',
    'Receiver 7.9 km/h · bus 8.3 km/h',
    '33.84200, 115.78050',
    'Altitude 38 m',
    'Sweeper',
  ])
    t.true(facts.includes(part), part);
  const rows = (await view.evaluate(
    `[...document.querySelectorAll('.signals tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent.trim()))`,
  )) as string[][];
  t.deepEqual(rows, [
    ['Odometer', '48,213.4 km', 'Bus', '0.4 s'],
    ['Engine hours', '3,190.0 h', 'Bus', '0.7 s'],
    ['Engine speed', '1,185 rpm', 'Bus', '0.1 s'],
    ['Fuel', '62 %', 'Bus', '0.9 s'],
    ['Coolant', '86 °C', 'Bus', '12 s'],
    ['Water tank', '–', '–', '–'],
  ]);
  t.is(await view.locator('[data-signal="coolant"].old').count(), 1, 'an old value is dimmed');
  t.is(await view.getByRole('img', { name: /Map with the vehicle on 示例中街, heading east/ }).count(), 1);
  await view.getByText('Demo: these streets are made up').waitFor();
  await view.getByRole('button', { name: 'Display' }).click();
  await view.getByLabel('中文').check();
  t.is(await view.textContent('.whereabouts'), '示例中街，向东行驶');
  t.regex((await view.textContent('.drive .facts'))!, /三维定位，14 颗卫星，HDOP 0\.9.*6\.8 公里/s);
});

test.serial('the map shows streets and the trail by speed, with a scale that is true', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page, { ...ENGLISH, viewport: DESK });
  for (const colour of ['map-street', 'speed-0', 'speed-1', 'speed-2', 'speed-3', 'accent'])
    t.true((await pixels(view, colour)) > 60, colour);
  t.is(await pixels(view, 'speed-4'), 0, 'it never was that fast');
  const { scale } = await viewOf(view);
  t.is((await view.textContent('.scale'))!.trim(), '100 m');
  const bar = (await view.locator('.scale i').boundingBox())!;
  const true_length = (100 * scale) / Math.cos((HERE.lat * Math.PI) / 180);
  t.true(Math.abs(bar.width - true_length) < 1, `${bar.width} for ${true_length}`);
  await view.getByRole('group', { name: 'Display' }).count();
  await view.getByLabel('Dark').check();
  await view.waitForFunction(`document.documentElement.dataset.theme === 'dark'`);
  await view.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  t.true((await pixels(view, 'map-land')) > 50_000, 'the map takes the theme at once');
});

test.serial('the map follows the vehicle until it is dragged, and again on demand', async (t) => {
  const { vehicle, tell, page } = await serve(t, PACE_MS);
  const { view } = await open(t, page);
  await looksAt(view, project(HERE.lon, HERE.lat));
  const drive = (metres: number) => {
    vehicle.time += 1000;
    vehicle.fix.lon! += metres / 92_500;
    tell();
    return project(vehicle.fix.lon!, HERE.lat);
  };
  await looksAt(view, drive(10));
  const canvas = (await view.locator('.map canvas').boundingBox())!;
  const [x, y] = [canvas.x + 100, canvas.y + 150];
  const before = await viewOf(view);
  await view.mouse.move(x, y);
  await view.mouse.down();
  await view.mouse.move(x + 60, y + 40, { steps: 3 });
  await view.mouse.up();
  const follow = view.getByRole('button', { name: 'Follow' });
  t.is(await follow.getAttribute('aria-pressed'), 'false');
  const moved: [number, number] = [before.x - 60 / before.scale, before.y + 40 / before.scale];
  await looksAt(view, moved);
  const target = drive(10);
  t.true(Math.abs((await viewOf(view)).x - moved[0]) < 0.2, 'it stays where it was put');
  await view.mouse.wheel(0, -200);
  await view.waitForFunction(`Number(document.querySelector('.map canvas').dataset.scale) > ${before.scale * 1.3}`);
  await follow.click();
  await looksAt(view, target);
  t.true((await viewOf(view)).scale > before.scale * 1.3, 'the chosen scale stays');
  await view.locator('.map').focus();
  await view.keyboard.press('-');
  await view.keyboard.press('ArrowUp');
  t.is(await follow.getAttribute('aria-pressed'), 'false');
  await view.keyboard.press('f');
  t.is(await follow.getAttribute('aria-pressed'), 'true');
  await looksAt(view, target);
});

test.serial('two fingers zoom the map', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page, { ...ENGLISH, hasTouch: true });
  const box = (await view.locator('.map canvas').boundingBox())!;
  const { scale } = await viewOf(view);
  const touch = await view.context().newCDPSession(view);
  const fingers = (half: number) =>
    [-half, half].map((dx, id) => ({ x: box.x + box.width / 2 + dx, y: box.y + 120, id }));
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(30) });
  for (const half of [40, 50, 60])
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(half) });
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await view.waitForFunction(`Number(document.querySelector('.map canvas').dataset.scale) > ${scale * 1.8}`);
  t.true((await viewOf(view)).scale < scale * 2.2);
});

test.serial('the trail grows as the vehicle moves, and what was missed is asked for', async (t) => {
  const { vehicle, trail, tell, page } = await serve(t, PACE_MS);
  const { view } = await open(t, page);
  const asked = view.waitForRequest((request) => request.url().endsWith(`/api/vehicle/trail?since=${START}`));
  const before = await pixels(view, 'speed-4');
  t.is(before, 0);
  for (let i = 1; i <= 20; i++) trail.push([START + i * 1000, HERE.lon + (i * 4) / 92_500, HERE.lat, 18]);
  vehicle.time = START + 20_000;
  vehicle.fix.lon = trail.at(-1)![1];
  vehicle.speed.value = 18;
  tell();
  await asked;
  await looksAt(view, project(vehicle.fix.lon, HERE.lat));
  await view.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  t.true((await pixels(view, 'speed-4')) > 60);
});

test.serial('a line is switched by click and by keyboard, and moves only when the line has moved', async (t) => {
  const { it, vehicle, asked, tell, page } = await serve(t);
  const { view } = await open(t, page);
  const spray = view.getByRole('switch', { name: 'Spray' });
  t.is(await spray.getAttribute('aria-checked'), 'false');
  await spray.click();
  await view.waitForSelector('[role="switch"][aria-label="Spray"][aria-checked="true"]');
  t.deepEqual(asked, [['spray', 1]]);
  await view.getByText('On · just now').waitFor();
  await spray.focus();
  await view.keyboard.press('Space');
  await view.waitForSelector('[role="switch"][aria-label="Spray"][aria-checked="false"]');
  await view.keyboard.press('Enter');
  await view.waitForSelector('[role="switch"][aria-label="Spray"][aria-checked="true"]');
  t.deepEqual(asked, [
    ['spray', 1],
    ['spray', 0],
    ['spray', 1],
  ]);
  // a box that agrees and does not follow yet: the switch waits
  it.sources.setLine = () => true;
  const brush = view.getByRole('switch', { name: 'Brush' });
  await brush.click();
  await view.getByText('Switching …').waitFor();
  t.is(await brush.getAttribute('aria-checked'), 'true');
  Object.assign(vehicle.lines[1]!, { state: 0, since: START });
  tell();
  await view.waitForSelector('[role="switch"][aria-label="Brush"][aria-checked="false"][aria-busy="false"]');
  // one that refuses says why, in place
  it.sources.setLine = () => false;
  await brush.click();
  await view.locator('.lines [role="alert"]').getByText('there is no such line').waitFor();
});

test.serial('real lines show their state and cannot be pressed', async (t) => {
  const { vehicle, asked, page } = await serve(t);
  vehicle.switchable = false;
  const { view } = await open(t, page, CHINESE);
  await view.getByText('取自车辆，不能在这里拨动。').waitFor();
  const spray = view.getByRole('switch', { name: '喷水' });
  t.is(await spray.getAttribute('aria-disabled'), 'true');
  await spray.click({ force: true });
  await spray.press('Enter');
  await view.getByText('断开 · 40 秒前').waitFor();
  t.deepEqual(asked, []);
});

test.serial('a lost receiver is said to be lost, with a remedy and the age of the place; it heals', async (t) => {
  const { vehicle, page } = await serve(t);
  const { view } = await open(t, page);
  const whole = await pixels(view, 'accent');
  t.true(whole > 60);
  const fix = { ...vehicle.fix };
  Object.assign(vehicle.receiver, { state: 'lost', since: START - 7000, reason: '/dev/ttyS1: the port is gone' });
  Object.assign(vehicle.fix, { mode: 0, lat: null, lon: null, alt: null, track: null, hdop: null, age_ms: 12_000 });
  await view.waitForSelector('.map.stale .veil');
  const veil = (await view.textContent('.veil'))!.replace(/\s+/g, ' ');
  t.regex(veil, /Receiver lost · 7 sec ago/);
  t.regex(veil, /the port is gone/);
  t.regex(veil, /The place shown is 12 s old/);
  t.regex(veil, /Check the receiver’s power and its serial cable/);
  t.is(await view.textContent('.whereabouts'), 'Last seen on 示例中街');
  t.regex((await view.textContent('.drive .facts'))!, /No fix now; the last was 12 s ago/);
  await view.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  t.true((await pixels(view, 'accent')) < whole / 4, 'the arrow is hollow');
  t.is(await view.locator('.skies.old').count(), 1);
  Object.assign(vehicle.receiver, { state: 'live', since: START });
  Object.assign(vehicle.fix, { ...fix, mode: 1, lat: null, lon: null });
  await view.getByText('No position now').waitFor();
  Object.assign(vehicle.fix, fix);
  await view.waitForSelector('.veil', { state: 'detached' });
  await view.waitForSelector('.map:not(.stale)');
});

test.serial('a lost bus and speeds that disagree are said in words', async (t) => {
  const { vehicle, page } = await serve(t);
  Object.assign(vehicle.bus, { state: 'lost', since: START - 9000, reason: 'no frame for 5 s' });
  Object.assign(vehicle.speed, { differs: true, bus: 9 });
  vehicle.fix.flags = ['jump'];
  const { view } = await open(t, page, CHINESE);
  const note = (await view.textContent('.signals .note'))!.replace(/\s+/g, ' ');
  t.regex(note, /总线中断 · 9 秒前/);
  t.regex(note, /请先打开点火开关/);
  const facts = (await view.textContent('.drive .facts'))!;
  t.regex(facts, /两者不一致，当前显示定位车速/);
  t.regex(facts, /定位存疑：位置突跳/);
});

test.serial('the sky tells systems apart by shape and colour, used ones filled', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page);
  const signs = (await view.evaluate(`[...document.querySelectorAll('.systems li')].map((line) => {
    const path = line.querySelector('path');
    return [line.dataset.system, path.getAttribute('d'), getComputedStyle(path).fill, line.querySelector('.num').textContent];
  })`)) as [string, string, string, string][];
  t.deepEqual(
    signs.map(([system, , , count]) => `${system} ${count}`),
    ['GPS 4 of 5', 'BeiDou 4 of 5', 'GLONASS 2 of 3', 'Galileo 2 of 3', 'QZSS 1 of 2', 'SBAS 1 of 1'],
  );
  t.is(new Set(signs.map(([, shape]) => shape)).size, 6);
  t.is(new Set(signs.map(([, , fill]) => fill)).size, 6);
  t.is(await view.locator('.sky g').count(), 18);
  t.is(await view.locator('.sky .unused').count(), 4);
  await view.getByText('1 more has not said where it stands.').waitFor();
});

test.serial('rooms go by the roles: with a camera Now comes first, in a vehicle alone the vehicle', async (t) => {
  const { it, page } = await serve(t);
  const both = await look(browser, t, page, ENGLISH);
  await both.view.waitForSelector('.columns.now');
  await both.view.getByRole('link', { name: 'Vehicle' }).click();
  await both.view.waitForSelector('.map canvas[data-scale]');
  it.state.roles = ['vehicle'];
  it.state.cameras = [];
  const { view, complaints } = await look(browser, t, page, ENGLISH);
  await view.waitForSelector('.map canvas[data-scale]');
  t.deepEqual(await view.locator('.rooms a span:not(.count)').allTextContents(), ['Vehicle', 'Cases', 'Health']);
  t.is(await view.getAttribute('.rooms a', 'aria-current'), 'page');
  t.deepEqual(complaints, []);
});

test.serial('a vehicle whose first word is still to come, without a map, without a place', async (t) => {
  const { it, vehicle, trail, page } = await serve(t);
  it.state.vehicle = null;
  it.sources.map = () => null;
  trail.length = 0;
  Object.assign(vehicle.receiver, { state: 'starting' });
  Object.assign(vehicle.fix, { mode: 0, lat: null, lon: null, track: null, age_ms: null });
  Object.assign(vehicle, { satellites: [], signals: [], lines: [], trip: null });
  const { view } = await look(browser, t, page, ENGLISH, '#/vehicle');
  await view.waitForSelector('.truck .ghost');
  it.state.vehicle = vehicle;
  await view.getByText('Waiting for the first position').waitFor();
  await view.getByText('No map of streets on this box').waitFor();
  for (const text of [
    'Not seen yet',
    'No trip now',
    'No line is configured',
    'No signal yet',
    'No satellite heard yet',
  ])
    await view.getByText(text).waitFor();
  t.deepEqual(await faults(view, false), []);
});

test.serial('between phone and desk nothing of the vehicle scrolls sideways either', async (t) => {
  const { page } = await serve(t);
  const { view } = await open(t, page);
  for (const width of [320, 600, 800, 1000, 1024, 1199, 1200, 1280, 1920]) {
    await view.setViewportSize({ width, height: 800 });
    t.is(await view.evaluate('document.documentElement.scrollWidth'), width);
    t.deepEqual(
      await view.evaluate(
        `[...document.querySelectorAll('.panel, .signals table, .map-foot')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)`,
      ),
      [],
      `${width}`,
    );
  }
});
