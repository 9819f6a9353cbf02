// What a change of a key costs: the table knows every key of every file, and no key of a camera by inheritance.
import test from 'ava';
import { inChinese } from './faults.ts';
import { reloadOf, STREAM_KEYS } from './reload.ts';
import { cameraSchema, siteSchema } from './site.ts';

test('each key of a camera is thought about by itself; below a key all costs the same', (t) => {
  for (const key of Object.keys(cameraSchema.shape)) t.truthy(reloadOf('site', `cameras[].${key}`), key);
  for (const key of Object.keys(siteSchema.shape)) t.truthy(reloadOf('site', key), key);
  t.is(reloadOf('site', 'cameras[].zones[].name.zh'), 'hot');
  t.is(reloadOf('site', 'cameras[].decode.hwaccel'), 'part');
  t.is(reloadOf('site', 'cameras[].something'), null, 'a new key must be entered');
  t.is(reloadOf('site', 'something'), null);
  t.deepEqual([...STREAM_KEYS].sort(), ['decode', 'id', 'main', 'source', 'transport']);
});

test("each message of the schema's own has its Chinese", (t) => {
  const messages = [
    'must be letters, digits, dot, dash or underscore, at most 64',
    'must be a word of small letters, digits and dashes',
    'five digits, in quotes',
    'must be HH:MM, in quotes',
    'from and to are the same',
    '"a" stands twice',
    'zone "z": corner [1,2] lies outside the picture of 3x4',
    'zone "z" crosses itself: its edges from corner 1 and corner 3 meet',
    'zone "z" has no area',
    'line "l": its end [1,2] lies outside the picture of 3x4',
    'line "l" has no length',
    'must be a time zone, e.g. Asia/Shanghai',
    'a unit grid cell has 15 digits (write it in quotes)',
    "must be a name of ffmpeg's",
  ];
  for (const message of messages) t.regex(inChinese(message), /[\u4e00-\u9fff]/, message);
  t.is(inChinese('zone "z" has no area'), '区域“z”没有面积');
});
