import test from 'ava';
import { believed, withDoubts } from './doubt.ts';
import { defaultCard } from './testing.ts';
import type { Detection } from './types.ts';

const find = (name: string, score: number, box: Detection['box']): Detection => ({ class: name, score, box });

test('a lawn is no person: a large find is believed only if it is sure, a wide one if it is very sure', async (t) => {
  const { card } = await defaultCard();
  const street = { width: 768, height: 576 };
  const of = (...finds: Detection[]) => believed(withDoubts(card, finds, street)).length;
  t.is(of(find('person', 0.74, [29, 48, 642, 211])), 0);
  t.is(of(find('person', 0.41, [0, 290, 172, 233])), 0);
  // someone right before the camera, standing or lying; a walker; a weak walker
  t.is(of(find('person', 0.7, [100, 50, 200, 500])), 1);
  t.is(of(find('person', 0.85, [29, 248, 642, 211])), 1);
  t.is(of(find('person', 0.2, [300, 200, 30, 80])), 1);
  // other classes have their own shapes
  t.is(of(find('bus', 0.3, [29, 48, 642, 211])), 1);
});

test('a share is of this picture: what is large in a small picture is small in a large one', async (t) => {
  const { card } = await defaultCard();
  const lawn = [find('person', 0.6, [10, 10, 300, 100])];
  t.is(believed(withDoubts(card, lawn, { width: 768, height: 576 })).length, 0);
  t.is(believed(withDoubts(card, lawn, { width: 1920, height: 1080 })).length, 1);
});

test('a lawn is no bird either, and a bird that fills the picture is one', async (t) => {
  const { card } = await defaultCard();
  const street = { width: 768, height: 576 };
  const of = (...finds: Detection[]) => believed(withDoubts(card, finds, street)).length;
  t.is(of(find('bird', 0.43, [6, 28, 575, 250])), 0);
  t.is(of(find('bird', 0.7, [100, 80, 500, 400])), 1);
});

test('a speck is no bird and no ball unless it is sure; a large bird is one, and so is a small thing of the street', async (t) => {
  const { card } = await defaultCard();
  const street = { width: 768, height: 576 };
  const of = (...finds: Detection[]) => believed(withDoubts(card, finds, street)).length;
  t.is(of(find('sports ball', 0.77, [700, 60, 8, 8]), find('bird', 0.86, [20, 300, 60, 60])), 0);
  t.is(of(find('bird', 0.92, [20, 300, 60, 60]), find('bird', 0.65, [100, 100, 200, 180])), 2);
  t.is(of(find('umbrella', 0.4, [300, 200, 20, 12]), find('bicycle', 0.4, [300, 200, 20, 12])), 2);
});

test('what is doubted is not dropped: who hides persons still sees it', async (t) => {
  const { card } = await defaultCard();
  const lawn = find('person', 0.74, [29, 48, 642, 211]);
  t.deepEqual(withDoubts(card, [lawn], { width: 768, height: 576 }), [{ ...lawn, doubtful: true }]);
});
