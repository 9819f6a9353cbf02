import test from 'ava';
import type { Card } from './card.ts';
import { createLooker } from './pool.ts';
import { proveModel, type Seen } from './proof.ts';
import { cacheDir, defaultCard } from './testing.ts';
import type { Detection, Looker, Picture } from './types.ts';

const find = (name: string, box: Detection['box'], score = 0.9): Detection => ({ class: name, score, box });
const STREET = [
  find('car', [48, 183, 280, 119]),
  find('person', [330, 170, 46, 136]),
  find('stop sign', [360, 63, 90, 83]),
];
const PICTURE: Picture = { width: 100, height: 100, rgb: new Uint8Array(30_000) };

/** What it finds depends on the picture alone: the street, nothing, or what a camera sees. */
function made(street: Detection[], camera: Detection[] = [], nothing: Detection[] = [], ms = 50): Looker {
  return {
    workers: 1,
    busy: 0,
    close: async () => {},
    look: async ({ width }) => ({
      objects: width === 480 ? street : width === 100 ? camera : nothing,
      ms,
      run_ms: ms,
      model: 'm',
    }),
  };
}

const prove = async (looker: Looker, card?: Card, needed: string[] = ['car'], seen: Seen[] = []) =>
  proveModel(looker, card ?? (await defaultCard()).card, needed, seen);

test('the built-in detector proves itself', async (t) => {
  const card = await defaultCard();
  const looker = await createLooker({ card, cacheDir, workers: 1, deadlineMs: 120_000 });
  t.teardown(() => looker.close());
  const { ms } = await prove(looker, card.card, ['car', 'truck', 'bus']);
  t.true(ms > 0 && ms <= card.card.budget.ms);
});

test('a sound one passes, also beside what a camera sees', async (t) => {
  const car = find('car', [10, 10, 30, 30]);
  const seen = [{ picture: PICTURE, objects: [car, find('person', [50, 50, 10, 20], 0.3)] }];
  await t.notThrowsAsync(prove(made(STREET, [car]), undefined, ['car'], seen));
  await t.notThrowsAsync(prove(made(STREET), undefined, [], [{ picture: PICTURE, objects: [] }]));
});

const many = Array.from({ length: 20 }, (_, i) => find('dog', [i * 7, 5, 6, 8]));
const NONSENSE: [string, Looker, RegExp][] = [
  ['finds nothing', made([]), /does not find the car/],
  ['finds no persons, whom it could not mask', made([STREET[0]!, STREET[2]!]), /does not find the person/],
  ['finds them elsewhere', made([find('car', [0, 0, 100, 40]), STREET[1]!, STREET[2]!]), /does not find the car/],
  ['is not sure of anything', made(STREET.map((one) => ({ ...one, score: 0.21 }))), /does not find/],
  ['sees things everywhere', made([...STREET, ...many]), /sees 23 things/],
  ['sees things in nothing', made(STREET, [], many), /sees 20 things/],
  ['gives no number', made([find('car', [48, 183, 280, 119], Number.NaN)]), /a score of NaN/],
  ['gives a score of 7', made([find('car', [48, 183, 280, 119], 7)]), /a score of 7/],
  ['gives boxes outside', made([...STREET, find('dog', [400, 300, 300, 20])]), /outside/],
  ['gives boxes without size', made([...STREET, find('dog', [40, 30, 0, 20])]), /a box that is none/],
  ['gives boxes that are no numbers', made([find('car', [Number.NaN, 1, 2, 3])]), /a box that is none/],
  ['knows classes of its own', made([...STREET, find('dragon', [40, 30, 20, 20])]), /does not know/],
];
for (const [what, looker, message] of NONSENSE) {
  test(`a model that ${what} is refused`, async (t) => {
    await t.throwsAsync(prove(looker), { code: 'MODEL_NONSENSE', message });
  });
}

test('one that misses most of what the running model is sure of is refused', async (t) => {
  const cars = [0, 30, 60].map((x) => find('car', [x, 10, 20, 20]));
  const seen = [{ picture: PICTURE, objects: cars }];
  await t.throwsAsync(prove(made(STREET, [cars[0]!]), undefined, [], seen), { message: /finds 1 of the 3/ });
  await t.notThrowsAsync(prove(made(STREET, cars.slice(1)), undefined, [], seen));
});

test("one without the rules' classes, or without persons, or too slow for its card, is refused", async (t) => {
  const { card } = await defaultCard();
  await t.throwsAsync(prove(made(STREET), card, ['litter']), { code: 'MODEL_LABELS', message: /litter/ });
  const labels = card.labels.map((label) => (label === 'person' ? 'human' : label));
  await t.throwsAsync(prove(made(STREET), { ...card, labels }), { code: 'MODEL_LABELS', message: /person/ });
  await t.throwsAsync(prove(made(STREET, [], [], 5000)), { code: 'MODEL_SLOW' });
});
