import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { KerbError } from '../contract/errors.ts';
import { sampleTest } from '../test/samples.ts';
import { readPicture } from './image.ts';
import { createLooker, type LookerOptions } from './pool.ts';
import { cacheDir, cardWith, defaultCard, frameAt, scratch } from './testing.ts';
import { type Detection, type Look, MAX_CROPS, type Picture } from './types.ts';

type Box = Detection['box'];

const model300 = () => readFile(join(cacheDir, 'models/coco-ssd/300x300.tflite'));
const base = { depth: 'base', minScore: 0.5 } as const;
const wide = (width: number): Picture => ({ width, height: 1, rgb: new Uint8Array(width * 3) });
const overlap = (a: readonly number[], b: readonly number[]) => {
  const [ax = 0, ay = 0, aw = 0, ah = 0] = a;
  const [bx = 0, by = 0, bw = 0, bh = 0] = b;
  const x = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const y = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  return x <= 0 || y <= 0 ? 0 : (x * y) / (aw * ah + bw * bh - x * y);
};

sampleTest('the street at 20 s: persons and both parked vehicles, at every depth', async (t, path) => {
  const picture = await frameAt(path('video', 'street-pets2009.mp4'), 20);
  const looker = await createLooker({ card: await defaultCard(), cacheDir, workers: 1, deadlineMs: 120_000 });
  t.teardown(() => looker.close());
  for (const [depth, persons] of [
    ['base', 6],
    ['wide', 7],
    ['fine', 7],
  ] as const) {
    const look = await looker.look(picture, { depth, minScore: 0.5 });
    t.log(look.model, look.objects.map((o) => `${o.class} ${o.score.toFixed(2)}`).join(', '));
    t.true(look.objects.filter((o) => o.class === 'person').length >= persons, depth);
    for (const parked of [
      [724, 49, 44, 48],
      [642, 41, 75, 59],
    ]) {
      const seen = look.objects.filter(
        (o) => ['car', 'truck', 'bus'].includes(o.class) && overlap(o.box, parked) > 0.5,
      );
      t.is(seen.length, 1, `${depth}: ${parked}`);
    }
    const scores = look.objects.map((o) => o.score);
    t.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
    for (const { box } of look.objects) {
      t.true(box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= 768 && box[1] + box[3] <= 576);
    }
  }
});

sampleTest('one worker and two give the same bytes, whatever came before', async (t, path) => {
  const seconds = [5, 20, 40];
  const pictures = await Promise.all(seconds.map((second) => frameAt(path('video', 'street-pets2009.mp4'), second)));
  const all: string[] = [];
  for (const workers of [1, 2]) {
    const looker = await createLooker({ card: await defaultCard(), cacheDir, workers, deadlineMs: 120_000 });
    const order = workers === 1 ? [0, 1, 2, 0, 1, 2] : [2, 1, 0, 0, 2, 1];
    const looks = await Promise.all(
      order.map((i) => looker.look(pictures[i]!, { depth: i === 1 ? 'wide' : 'base', minScore: 0.3 })),
    );
    const byPicture = new Map<number, string>();
    for (const [k, i] of order.entries()) {
      const text = JSON.stringify(looks[k]!.objects);
      t.is(byPicture.get(i) ?? text, text);
      byPicture.set(i, text);
    }
    all.push(JSON.stringify([...byPicture].sort(([a], [b]) => a - b)));
    await looker.close();
  }
  t.is(all[0], all[1]);
});

test('a copied picture gives what a shared one gives, and stays with its owner', async (t) => {
  const shared: Picture = { width: 64, height: 48, rgb: new Uint8Array(new SharedArrayBuffer(64 * 48 * 3)).fill(90) };
  const plain: Picture = { ...shared, rgb: new Uint8Array(shared.rgb) };
  const looker = await createLooker({ card: await defaultCard(), cacheDir, workers: 1, deadlineMs: 120_000 });
  t.teardown(() => looker.close());
  const [a, b] = [await looker.look(shared, base), await looker.look(plain, base)];
  t.deepEqual(a.objects, b.objects);
  t.is(plain.rgb.length, 64 * 48 * 3);
  await t.throwsAsync(looker.look({ ...plain, width: 65 }, base), { code: 'PICTURE_UNFIT' } as object);
});

/** The drawn street, small in a large grey picture: its person is a few pixels of the input. */
async function farStreet(at: readonly [number, number]): Promise<{ picture: Picture; street: Box; person: Box }> {
  const street = await readPicture(fileURLToPath(new URL('./proof/street.png', import.meta.url)));
  const [width, height] = [1920, 1080];
  const rgb = new Uint8Array(new SharedArrayBuffer(width * height * 3)).fill(120);
  for (let row = 0; row < street.height; row++) {
    const from = row * street.width * 3;
    rgb.set(street.rgb.subarray(from, from + street.width * 3), ((at[1] + row) * width + at[0]) * 3);
  }
  const person = [330 + at[0], 168 + at[1], 46, 138] as const;
  return { picture: { width, height, rgb }, street: [...at, street.width, street.height], person };
}

test('a person that is too small for a base look is found in a crop, at its place', async (t) => {
  const { picture, street, person } = await farStreet([1300, 140]);
  const looker = await createLooker({ card: await defaultCard(), cacheDir, workers: 1, deadlineMs: 120_000 });
  t.teardown(() => looker.close());
  const few = { depth: 'base', minScore: 0.3 } as const;
  const persons = ({ objects }: Look) => objects.filter(({ class: name, box }) => name === 'person' && near(box));
  const near = (box: Box) => overlap(box, person) > 0.5;
  const whole = await looker.look(picture, few);
  t.is(whole.crops, undefined);
  t.deepEqual(persons(whole), []);
  const elsewhere = await looker.look(picture, { ...few, crops: [[100, 600, 400, 400]] });
  t.deepEqual(persons(elsewhere), []);
  const cropped = await looker.look(picture, { ...few, crops: [[100, 600, 400, 400], street] });
  t.is(cropped.crops, 2);
  t.true(cropped.run_ms > 0 && 3 * cropped.run_ms <= cropped.ms, `${cropped.run_ms} of ${cropped.ms} ms`);
  t.is(persons(cropped).length, 1);
  const copied = { ...picture, rgb: new Uint8Array(picture.rgb) };
  t.deepEqual((await looker.look(copied, { ...few, crops: [street] })).objects, cropped.objects);

  const enough = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const stopped = await looker.look(picture, { ...few, crops: [street], enough });
  t.is(stopped.crops, undefined, 'no crop is begun once enough was said');
  t.deepEqual(stopped.objects, whole.objects);
});

test('a crop that does not lie in the picture is refused, and so are too many', async (t) => {
  const { looker } = await misbehaving(t);
  const picture = { width: 64, height: 48, rgb: new Uint8Array(64 * 48 * 3) };
  const fits: Box = [0, 0, 64, 48];
  const unfit: Box[][] = [
    [[1, 0, 64, 48]],
    [[0, 1, 64, 48]],
    [[-1, 0, 20, 20]],
    [[0, 0, 20.5, 20]],
    [[0, 0, 0, 20]],
    [[0, 0, Number.NaN, 20]],
    Array.from({ length: MAX_CROPS + 1 }, () => fits),
  ];
  for (const crops of unfit) {
    await t.throwsAsync(looker.look(picture, { ...base, crops: [fits, ...crops] }), {
      instanceOf: KerbError,
      code: 'CROP_UNFIT',
    } as object);
  }
  await t.notThrowsAsync(looker.look(picture, { ...base, crops: Array.from({ length: MAX_CROPS }, () => fits) }));
});

const refuses = test.macro({
  title: (title) => `a model that ${title} is refused in one line`,
  async exec(t, code: string, make: (folder: string) => Promise<LookerOptions['card']>, said?: RegExp) {
    const card = await make(await scratch(t));
    const error = await t.throwsAsync(createLooker({ card, cacheDir: '/nonexistent', workers: 1 }), {
      instanceOf: KerbError,
    });
    t.log(error.message);
    t.is(error.code, code);
    if (said) t.regex(error.message, said);
    t.false(error.message.includes('\n'));
  },
});

test('is missing', refuses, 'MODEL_MISSING', defaultCard);
test('is truncated', refuses, 'MODEL_ALTERED', async (folder) => {
  const bytes = await model300();
  return cardWith(folder, bytes.subarray(0, 9_000_000), (card) => {
    card.sizes[0]!.bytes = bytes.length;
  });
});
const otherBytes = async (folder: string) =>
  cardWith(folder, await model300(), (card) => {
    card.sizes[0]!.sha256 = '0'.repeat(64);
  });
test('has other bytes', refuses, 'MODEL_ALTERED', otherBytes, /models add FILE --replace/);
test('is truncated under a card that does not know', refuses, 'MODEL_UNREADABLE', async (folder) =>
  cardWith(folder, (await model300()).subarray(0, 9_000_000)),
);
test('is no model', refuses, 'MODEL_UNREADABLE', (folder) => cardWith(folder, Buffer.from('not a model at all')));
test('has another shape than its card', refuses, 'MODEL_SHAPE', async (folder) =>
  cardWith(folder, await readFile(join(cacheDir, 'models/coco-ssd/640x480.tflite'))),
);
test('gives nonsense for the known picture', refuses, 'MODEL_INSANE', async (folder) => {
  const bytes = await model300();
  // Weights lie in the file as floats: flip the signs of a few thousand.
  for (let at = 8_000_003; at < 8_100_000; at += 4) bytes[at]! ^= 0x80;
  return cardWith(folder, bytes);
});

test('what a trial chose and is gone is told, and what is safe looks on', async (t) => {
  const folder = await scratch(t);
  const card = await cardWith(folder, await model300());
  const told: string[] = [];
  const use = { runtime: 'wasm', weights: 'conv-int8' } as const;
  const onRestart = (why: KerbError) => told.push(why.code);
  const looker = await createLooker({ card, cacheDir: folder, workers: 1, use, onRestart });
  t.teardown(() => looker.close());
  const { model } = await looker.look({ width: 64, height: 48, rgb: new Uint8Array(64 * 48 * 3) }, base);
  t.is(model, 'coco-ssd 300x300');
  t.deepEqual(told, ['MODEL_MISSING']);
});

const misbehaving = async (
  t: { teardown(fn: () => Promise<void>): void },
  options: Partial<LookerOptions> = {},
): Promise<{ looker: Awaited<ReturnType<typeof createLooker>>; restarts: string[] }> => {
  const restarts: string[] = [];
  const looker = await createLooker({
    card: await defaultCard(),
    cacheDir,
    workers: 1,
    program: new URL('./testing-worker.ts', import.meta.url),
    onRestart: (why) => restarts.push(why.code),
    ...options,
  });
  t.teardown(() => looker.close());
  return { looker, restarts };
};

for (const [how, width] of [
  ['sleeps', 1],
  ['runs', 4],
] as const) {
  test(`a thread that ${how} for ever is replaced at the deadline, its look rejected, the next one served`, async (t) => {
    const { looker, restarts } = await misbehaving(t, { deadlineMs: 1500 });
    const first = await looker.look(wide(9), base);
    const stuck = looker.look(wide(width), base);
    const next = looker.look(wide(9), base);
    await t.throwsAsync(stuck, { instanceOf: KerbError, code: 'LOOK_TIMEOUT' } as object);
    t.not((await next).model, first.model);
    t.deepEqual(restarts, ['LOOK_TIMEOUT']);
    t.is(looker.busy, 0);
  });
}

for (const [how, width] of [
  ['ends', 2],
  ['throws', 3],
] as const) {
  test(`a thread that ${how} is replaced, its look rejected, the next one served`, async (t) => {
    const { looker, restarts } = await misbehaving(t);
    const lost = looker.look(wide(width), base);
    const next = looker.look(wide(9), base);
    await t.throwsAsync(lost, { instanceOf: KerbError, code: 'LOOK_FAILED' } as object);
    await t.notThrowsAsync(next);
    t.deepEqual(restarts, ['LOOK_FAILED']);
  });
}

test('a full queue refuses, and closing ends what waits', async (t) => {
  const { looker } = await misbehaving(t, { queue: 2 });
  const looks: Promise<Look>[] = [wide(1), wide(9), wide(9)].map((picture) => looker.look(picture, base));
  const ends = Promise.allSettled(looks);
  t.is(looker.busy, 3);
  await t.throwsAsync(looker.look(wide(9), base), { code: 'LOOK_BUSY' } as object);
  await looker.close();
  t.deepEqual(
    (await ends).map((end) => end.status === 'rejected' && (end.reason as KerbError).code),
    ['LOOK_FAILED', 'LOOK_FAILED', 'LOOK_FAILED'],
  );
});

test('a program that cannot start is told at once', async (t) => {
  await t.throwsAsync(misbehaving(t, { program: new URL('./no-such-worker.ts', import.meta.url) }), {
    code: 'LOOK_FAILED',
  } as object);
});

test('beside live looks one thread is opened after the other', async (t) => {
  const program = `import { parentPort } from 'node:worker_threads';
    const begun = process.hrtime.bigint();
    await new Promise((done) => setTimeout(done, 100));
    const ready = process.hrtime.bigint();
    const model = begun + ' ' + ready;
    parentPort.on('message', ({ id }) => parentPort.postMessage({ kind: 'looked', id, objects: [], ms: 1, run_ms: 1, model }));
    parentPort.postMessage({ kind: 'ready' });`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const { looker } = await misbehaving(t, { workers: 3, gently: true, program: url });
  const looks = await Promise.all([9, 9, 9].map((width) => looker.look(wide(width), base)));
  const times = looks.map(({ model }) => model.split(' ').map(BigInt)).sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  t.true(times[0]![1]! < times[1]![0]! && times[1]![1]! < times[2]![0]!, `${times.join(' / ')}`);
});
