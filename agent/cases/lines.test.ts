// agent/cases: the lines that `watch` prints.
import test from 'ava';
import { line } from './lines.ts';
import { madeSighting } from './made.ts';

test('an event is one line of JSON that begins with the documented members', (t) => {
  const { event } = madeSighting(1);
  const text = line(event);
  t.false(text.includes('\n'));
  const { kind, id, at, until, code, zone, class: what, track, box, certainty } = event;
  t.like(JSON.parse(text), { kind, id, at, until, code, zone, class: what, track, box, certainty });
  t.false('pictures' in JSON.parse(text));
  t.deepEqual(JSON.parse(line(event, ['a.jpg'])).pictures, ['a.jpg']);
});
