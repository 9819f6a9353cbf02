import test from 'ava';
import type { TargetCustom } from '../../../contract/index.ts';
import type { Offer } from '../walk.ts';
import { isPlace, newest, readOffers } from './choose.ts';

const offer = (said: Partial<TargetCustom> & { path?: string }): Offer => {
  const { path = `profile/street/${said.counter ?? 1}/f`, ...more } = said;
  const custom = { kind: 'profile', name: 'street', version: '1', counter: 1, hardware: ['any'], place: 'f', ...more };
  return { path, length: 1, hashes: { sha256: 'aa' }, custom };
};
const place = { kind: 'profile', fits: (name: string) => name === 'street' } as const;
const choose = (...offers: Offer[]) => newest(readOffers(offers), place, 'linux-x64');

const TABLE: [string, Offer[], number | null][] = [
  ['nothing', [], null],
  ['the newest', [offer({ counter: 2 }), offer({ counter: 11 }), offer({ counter: 9 })], 11],
  ['not of another site', [offer({ counter: 2 }), offer({ counter: 3, name: 'square' })], 2],
  ['not of another kind', [offer({ counter: 2 }), offer({ counter: 3, kind: 'model' })], 2],
  ['not for other hardware', [offer({ counter: 2 }), offer({ counter: 3, hardware: ['linux-arm64'] })], 2],
  ['for this hardware', [offer({ counter: 3, hardware: ['linux-arm64', 'linux-x64'] })], 3],
  ['no part of another', [offer({ counter: 2 }), offer({ counter: 3, part: true })], 2],
  [
    'not what a later version says',
    [offer({ counter: 2 }), { ...offer({ counter: 3 }), custom: { kind: 'registry' } }],
    2,
  ],
];
for (const [what, offers, counter] of TABLE) {
  test(`chosen: ${what}`, (t) => {
    t.is(choose(...offers)?.counter ?? null, counter);
  });
}

test('a good of several files is whole, or it is none', (t) => {
  const first = offer({ counter: 2, files: ['m/1', 'm/2'] });
  const part = (path: string, more: Partial<TargetCustom> = {}) =>
    offer({ path, counter: 2, part: true, place: path, ...more });
  const whole = choose(first, part('m/1'), part('m/2'));
  t.deepEqual(
    whole?.files.map(({ place }) => place),
    ['f', 'm/1', 'm/2'],
  );
  const bad: [string, Offer[]][] = [
    ['one is missing', [part('m/1')]],
    ['one is of another publishing', [part('m/1'), part('m/2', { counter: 1 })]],
    ['two would lie in one place', [part('m/1'), part('m/2', { place: 'f' })]],
    ['one would climb out', [part('m/1'), part('m/2', { place: '../../etc/passwd' })]],
    ['one would lie anywhere', [part('m/1'), part('m/2', { place: '/etc/passwd' })]],
  ];
  for (const [what, parts] of bad) {
    t.throws(() => choose(first, ...parts), { code: 'UPDATE_GOOD_BAD' }, what);
  }
});

test('places stay below where they begin', (t) => {
  for (const good of ['a', 'models/coco-ssd/300x300.tflite', 'kerbside-0.1.0-abc-x64.tar.zst', 'a b.yaml']) {
    t.true(isPlace(good), good);
  }
  const bad = [
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '..',
    'a/../b',
    './a',
    'a/.',
    '.a/../..',
    'a\\b',
    'a\0b',
    'a\nb',
    'x'.repeat(201),
  ];
  for (const climbs of bad) t.false(isPlace(climbs), JSON.stringify(climbs));
});
