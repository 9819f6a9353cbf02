import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { KerbError } from '../../contract/errors.ts';
import { sampleTest } from '../../test/samples.ts';
import { anchorsFor } from '../anchors.ts';
import { type Card, loadCard } from '../card.ts';
import { mergeCandidates } from '../merge.ts';
import { openRuntime } from '../runtimes.ts';
import { Scale } from '../scale.ts';
import { cacheDir, frameAt, scratch } from '../testing.ts';
import {
  attached,
  classifierModel,
  detectorMetadata,
  efficientDetModel,
  ModelMaker,
  otherModel,
  yoloModel,
} from '../testing-models.ts';
import { metadataOf } from '../tflite/metadata.ts';
import { readTflite } from '../tflite/read.ts';
import type { Picture } from '../types.ts';
import { addModel } from './add.ts';
import { corrected } from './correct.ts';
import { efficientDetAnchors, ssdMobilenetAnchors } from './grids.ts';
import { inspect } from './inspect.ts';
import { labelsFor } from './labels.ts';

const street = fileURLToPath(new URL('../proof/street.png', import.meta.url));
const red = [255, 0, 0] as const;

/** A black picture with one pixel in a colour. */
function spot(side: number, x: number, y: number, colour: readonly number[]): Picture {
  const rgb = new Uint8Array(side * side * 3);
  rgb.set(colour, (y * side + x) * 3);
  return { width: side, height: side, rgb };
}

/** The card that a model gets, but for what is measured, and its finds in a picture. */
async function lookWith(bytes: Uint8Array, picture: Picture, change: (card: Card) => void = () => {}) {
  const { width, height, input, head } = inspect(readTflite(bytes, 'made'), { labels: null, range: [0, 1] }, 'made');
  const labels = await labelsFor(head, null, null, [], 'made');
  const { card: any } = await loadCard(fileURLToPath(new URL('../cards/coco-ssd.yaml', import.meta.url)));
  const size = { width, height, file: 'made.tflite', bytes: bytes.length, sha256: '0'.repeat(64), known: {} };
  const card: Card = { ...any, input, sizes: [size], head, labels, merge: { ...any.merge, groups: [] } };
  change(card);
  const scale = await Scale.untried(card, 0, bytes, await openRuntime('wasm'));
  const finds = mergeCandidates(card, await scale.look(picture, 0.5));
  scale.close();
  return { card, finds };
}

for (const [title, shape] of [
  ['v8', { layout: 'v8' }],
  ['v8, numbers first', { layout: 'v8', transposed: true }],
  ['v8 with int8 edges', { layout: 'v8', transposed: true, edges: 'int8' }],
  ['v8 with uint8 edges', { layout: 'v8', edges: 'uint8' }],
  ['v8 in pixels', { layout: 'v8', transposed: true, pixels: true }],
  ['v5', { layout: 'v5' }],
] as const) {
  test(`a YOLO ${title}: its shape is known, and its find is where it is`, async (t) => {
    const picture = spot(96, 48, 48, red);
    const { card, finds } = await lookWith(yoloModel(96, shape), picture, ({ head }) => {
      if (head.kind === 'yolo' && 'pixels' in shape) head.boxes = 'pixels';
    });
    t.like(card.head, { kind: 'yolo', layout: shape.layout, transposed: 'transposed' in shape });
    t.is(card.input.resize, 'letterbox');
    t.is(finds.length, 1);
    t.is(finds[0]!.class, 'class 0');
    t.true(Math.abs(finds[0]!.score - (shape.layout === 'v5' ? 0.81 : 0.9)) < 0.01, String(finds[0]!.score));
    t.deepEqual(finds[0]!.box.map(Math.round), [24, 24, 48, 48]);
  });
}

test('a letterboxed picture: boxes come back into it, whatever its shape', async (t) => {
  const wide: Picture = { width: 192, height: 96, rgb: new Uint8Array(192 * 96 * 3).fill(255) };
  const { finds } = await lookWith(yoloModel(96, { layout: 'v8' }), wide);
  // The middle half of a 96 x 96 input that holds 96 x 48 pixels of picture between two grey bars.
  t.deepEqual(
    finds.map(({ box }) => box.map(Math.round)),
    [[48, 0, 96, 96]],
  );
});

for (const [title, metadata] of [
  ['by the number of its boxes', false],
  ['by the metadata that MediaPipe adds', true],
] as const) {
  test(`an EfficientDet-Lite is known ${title}, its boxes are its anchors`, async (t) => {
    const rows = 19_206;
    const anchors = Array.from({ length: rows }, (_, i) => [(i % 10) / 10, 0.5, 0.2, 0.4]);
    const model = efficientDetModel(metadata ? detectorMetadata(anchors, 90) : null);
    const said = metadataOf(readTflite(model, 'm'));
    t.deepEqual(said.normalisation, metadata ? { mean: [127.5], std: [127.5] } : null);
    t.is(said.licence, metadata ? 'Apache-2.0' : null);
    const { card, finds } = await lookWith(model, spot(320, 64, 64, red));
    if (card.head.kind !== 'ssd') return t.fail();
    t.deepEqual([card.head.columns, card.head.background, card.head.scores], [90, false, 'probability']);
    t.true(finds.length > 0);
    t.deepEqual([...new Set(finds.map((find) => find.class))], ['person']);
    if (metadata) {
      t.deepEqual('from' in card.head.anchors && card.head.anchors.from, 'metadata');
      for (const { box } of finds) t.is(Math.round(box[3]), 128);
    } else {
      // the cells of the four finer levels whose corner is the spot
      const centres = new Set(finds.map(({ box }) => Math.round(box[0] + box[2] / 2)));
      t.deepEqual(
        [68, 72, 80, 96].filter((centre) => !centres.has(centre)),
        [],
      );
    }
  });
}

test('what Ultralytics attaches: labels, task, licence, as a Python dictionary or as JSON', (t) => {
  const names = "{0: 'person', 1: 'dog\\'s', 2: \"driver's cab\"}";
  const python = `{'description': 'a model', 'license': 'AGPL-3.0 License (https://x)', 'task': 'detect', 'names': ${names}}`;
  const json = JSON.stringify({ task: 'pose', names: { 0: 'person', 2: 'ball' } }, null, 2);
  const said = (bytes: Uint8Array) => metadataOf(readTflite(bytes, 'm'));
  const plain = yoloModel(96, { layout: 'v8' });
  t.is(said(plain).labels, null);
  const one = said(attached(plain, 'temp_meta.txt', python));
  t.like(one, { task: 'detect', licence: 'AGPL-3.0 License (https://x)', about: 'a model' });
  t.deepEqual([one.labels?.[0], one.labels?.[2], one.labels?.length], ['person', "driver's cab", 3]);
  t.like(said(attached(efficientDetModel(detectorMetadata([], 90)), 'temp_meta.txt', python)), { task: 'detect' });
  const pose = attached(plain, 'metadata.json', json);
  t.deepEqual(said(pose).labels, ['person', null, 'ball']);
  t.throws(() => inspect(readTflite(pose, 'm'), { labels: null, range: null }, 'm'), { message: /poses/ });
});

test("EfficientDet's anchors: the original's numbers", (t) => {
  const { levels, rows } = efficientDetAnchors(320, 320);
  t.is(rows, 19_206);
  const anchors = anchorsFor(levels, 320, 320);
  t.is(anchors.length, rows * 4);
  const at = (row: number) => [...anchors.subarray(row * 4, row * 4 + 4)].map((value) => Math.round(value * 3200) / 10);
  t.deepEqual(at(0), [4, 4, 24, 24]);
  t.deepEqual(at(1), [4, 4, 17, 33.9]);
  t.deepEqual(at(3), [4, 4, 30.2, 30.2]);
  t.deepEqual(at(rows - 9), [266.7, 266.7, 320, 320]);
  t.is(efficientDetAnchors(448, 448).rows, 37_629);
});

test("SSD MobileNet's anchors are the built-in detector's, whose own file is known by them", async (t) => {
  const { card } = await loadCard(fileURLToPath(new URL('../cards/coco-ssd.yaml', import.meta.url)));
  const { levels, rows } = ssdMobilenetAnchors(300, 300);
  t.is(rows, 1917);
  if (card.head.kind !== 'ssd' || !('levels' in card.head.anchors)) return t.fail();
  t.deepEqual([...anchorsFor(levels, 300, 300)], [...anchorsFor(card.head.anchors, 300, 300)]);
  const bytes = await readFile(join(cacheDir, card.sizes[0]!.file));
  const { head, input } = inspect(readTflite(bytes, 'm'), { labels: null, range: null }, 'm');
  t.like(head, { kind: 'ssd', columns: 91, background: true, scores: 'probability', coder: card.head.coder });
  t.deepEqual([input.offset, Math.abs(input.scale - card.input.scale) < 1e-6], [-1, true]);
});

test('a classifier with uint8 edges gives its best classes for the whole picture', async (t) => {
  const { card, finds } = await lookWith(classifierModel(1001, 'uint8', true), spot(32, 0, 0, red));
  t.like(card.head, { kind: 'classifier', columns: 1001, scores: 'probability' });
  t.is(finds[0]!.class, 'class 0');
  t.deepEqual(finds[0]!.box, [0, 0, 32, 32]);
  t.true(finds[0]!.score > 0.8 && finds.length === 1);
});

for (const [title, bytes, names] of [
  ['masks', otherModel([1, 257, 257, 3], [[1, 257, 257, 21]]), /masks/],
  [
    'masks of single things',
    otherModel(
      [1, 96, 96, 3],
      [
        [1, 116, 189],
        [1, 24, 24, 32],
      ],
    ),
    /masks \(instance/,
  ],
  ['poses', otherModel([1, 192, 192, 3], [[1, 1, 17, 3]]), /poses/],
  ['poses by YOLO', otherModel([1, 96, 96, 3], [[1, 56, 189]]), /poses/],
  ['text', otherModel([1, 128], [[1, 2]]), /text/],
  ['grey pictures', otherModel([1, 28, 28, 1], [[1, 10]]), /grey/],
  ['an embedding', otherModel([1, 224, 224, 3], [[1, 1024]]), /embedding.*--labels/],
  [
    'anchors that are nowhere',
    otherModel(
      [1, 300, 300, 3],
      [
        [1, 1234, 4],
        [1, 1234, 91],
      ],
    ),
    /1234 anchors/,
  ],
  ['more memory than there is', otherModel([1, 300, 300, 3], [[1, 30_000, 30_000, 3]]), /memory/],
  ['something else', otherModel([1, 300, 300, 3], [[1, 5, 7]]), /not known/],
] as const) {
  test(`a model for ${title} is named and refused`, (t) => {
    const error = t.throws(() => inspect(readTflite(bytes, 'm.tflite'), { labels: null, range: null }, 'm.tflite'), {
      instanceOf: KerbError,
    });
    t.is(error.code, 'MODEL_UNSUPPORTED');
    t.regex(error.message, names);
    t.false(error.message.includes('\n'));
  });
}

test('a custom operator that nobody knows is named', (t) => {
  const make = new ModelMaker();
  const picture = make.picture([1, 96, 96, 3], 'float32');
  const bytes = make.done(make.custom('FlexSomething', new Uint8Array(4), [picture], ['out']));
  t.throws(() => inspect(readTflite(bytes, 'm'), { labels: null, range: null }, 'm'), { message: /FlexSomething/ });
});

test('what only a run shows: logits or probabilities, pixels or fractions, nonsense', async (t) => {
  const { card } = await loadCard(fileURLToPath(new URL('../cards/coco-ssd.yaml', import.meta.url)));
  const head = (of: Card['head']): Card => ({ ...card, head: of });
  const scores = (of: Card, ...values: number[]) =>
    corrected(of, { scores: Float32Array.from(values) }, 'm')?.card.head;
  const classifier = head({ kind: 'classifier', columns: 3, scores: 'logit' });
  t.like(scores(classifier, 0.1, 0.2, 0.7), { scores: 'probability' });
  t.is(scores(classifier, 0.9, 0.8, 0.7), undefined);
  // a softmax in bytes: a thousand small ones are rounded to nothing
  t.is(scores(head({ kind: 'classifier', columns: 3, scores: 'probability' }), 0.4, 0, 0), undefined);
  t.like(scores(card, -7, 2, -5), { scores: 'logit' });
  t.is(scores(card, 0.9, 0.8, 0.7), undefined);
  t.throws(() => scores(card, 0.9, Number.NaN), { message: /numbers that are none/ });
  const rows = { kind: 'yolo', layout: 'v8', rows: 2, columns: 5, transposed: true, boxes: 'normalised' } as const;
  const run = (...values: number[]) => corrected(head(rows), { rows: Float32Array.from(values) }, 'm')?.card.head;
  t.is(run(0.5, 0.4, 0.5, 1.2, 0.1, 0.1, 0.2, 0.2, 0.9, 0), undefined);
  t.like(run(320, 30, 0.5, 0.6, 20, 20, 40, 40, 0.9, 0), { boxes: 'pixels' });
  t.throws(() => run(0.5, 0.4, 0.5, 0.6, 0.1, 0.1, 0.2, 0.2, 9, 0), { message: /not probabilities/ });
});

test('damaged files are refused in words, whatever is damaged', (t) => {
  const whole = yoloModel(96, { layout: 'v8', edges: 'int8' });
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  let refused = 0;
  for (let i = 0; i < 1500; i++) {
    const bytes = i % 3 === 0 ? whole.slice(0, random(whole.length)) : whole.slice();
    // Tables lie at both ends; the weights are between them.
    for (let hits = 0; hits < 1 + (i % 4) && bytes.length > 0; hits++) bytes[random(bytes.length)] = random(256);
    try {
      inspect(readTflite(bytes, 'm'), { labels: null, range: null }, 'm');
    } catch (error) {
      if (!(error instanceof KerbError)) throw error;
      refused++;
    }
  }
  t.true(refused > 400, String(refused));
});

test('a model is added beside its file: tried, measured, its card whole; pixels are found out by the run', async (t) => {
  const folder = await scratch(t);
  const file = join(folder, 'mine.tflite');
  await writeFile(file, yoloModel(96, { layout: 'v8', transposed: true, pixels: true }));
  await writeFile(join(folder, 'labels.txt'), 'person\ncart\n???\n');
  const options = {
    file,
    labels: join(folder, 'labels.txt'),
    picture: street,
    replace: false,
    runtimes: ['wasm'],
  } as const;
  const added = await addModel(options);
  const { card } = await loadCard(join(folder, 'mine.yaml'));
  t.deepEqual(card, added.card);
  t.like(card.head, { kind: 'yolo', boxes: 'pixels' });
  t.deepEqual(card.labels, ['person', 'cart', null]);
  t.true(card.budget.ms > 0 && added.chosen.mb > 30);
  t.true(added.notes.some((note) => note.includes('pixels')) && added.notes.some((note) => note.includes('licence')));
  const error = await t.throwsAsync(addModel(options), { instanceOf: KerbError });
  t.is((error as KerbError).code, 'CARD_EXISTS');
  await t.throwsAsync(addModel({ ...options, file: join(folder, 'none.tflite') }), {
    code: 'MODEL_UNREADABLE',
  } as object);
  await writeFile(join(folder, 'short.txt'), 'person\n');
  const short = { ...options, labels: join(folder, 'short.txt'), replace: true };
  await t.throwsAsync(addModel(short), { instanceOf: KerbError });
});

sampleTest('models as users have them: a post-processed SSD, a YOLO, a classifier', async (t, path) => {
  const folder = await scratch(t);
  const picture = await frameAt(path('video', 'street-pets2009.mp4'), 20);
  for (const [sample, head, names] of [
    ['coco_ssd_mobilenet_v1_1.0_quant', 'ssd', ['car', 'stop sign', 'person']],
    ['yolov8n_int8', 'yolo', ['stop sign', 'person']],
    ['mobilenet_v2_1.0_224_quant', 'classifier', ['class 408']],
  ] as const) {
    const file = path('models', `${sample}.tflite`);
    const {
      card,
      path: cardPath,
      chosen,
    } = await addModel({ file, out: folder, picture: street, replace: false, runtimes: ['wasm'] });
    t.is(card.head.kind, head);
    const found = chosen.finds.filter(({ score }) => score > 0.5).map((find) => find.class);
    t.deepEqual(
      names.filter((name) => !found.includes(name)),
      [],
      sample,
    );
    t.log(sample, `${Math.round(chosen.ms)} ms`, found.join(', '));
    if (head === 'classifier') continue;
    const loaded = await loadCard(cardPath);
    const scale = await Scale.open(loaded.card, 0, { folder, cacheDir: folder }, await openRuntime('wasm'));
    const finds = mergeCandidates(loaded.card, await scale.look(picture, 0.5));
    scale.close();
    const persons = finds.filter((find) => find.class === 'person').length;
    t.true(
      persons >= 6 && finds.some((find) => ['car', 'truck'].includes(find.class)),
      `${sample}: ${persons} persons`,
    );
  }
  const copy = join(folder, 'cut.tflite');
  await copyFile(path('models', 'yolov8n_int8.tflite'), copy);
  await writeFile(copy, (await readFile(copy)).subarray(0, 1_000_000));
  await t.throwsAsync(addModel({ file: copy, picture: street, replace: false }), {
    code: 'MODEL_UNREADABLE',
  } as object);
});
