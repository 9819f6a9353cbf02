import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openRecording } from './ffmpeg.ts';
import { makeVideo, tempFolder } from './testvideo.ts';
import type { Frame } from './types.ts';

async function all(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const list: Frame[] = [];
  for await (const frame of frames) list.push(frame);
  return list;
}

const hash = (frames: readonly Frame[]) => {
  const sum = createHash('sha256');
  for (const frame of frames) sum.update(`${frame.seq} ${frame.time} ${frame.width}`).update(frame.rgb);
  return sum.digest('hex');
};

test('a recording gives frames of the asked rate, each with its own time, twice the same', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'));
  const recording = await openRecording(file, { rate: 4, start: 1_700_000_000_000 });
  t.is(recording.width, 160);
  t.is(recording.height, 120);
  const frames = await all(recording);
  t.is(frames.length, 8);
  t.deepEqual(
    frames.map((frame) => frame.time - 1_700_000_000_000),
    [0, 250, 500, 750, 1000, 1250, 1500, 1750],
  );
  t.true(frames.every((frame) => frame.rgb.length === 160 * 120 * 3 && frame.rgb.buffer instanceof SharedArrayBuffer));
  t.is(new Set(frames.map((frame) => hash([frame]))).size, 8, 'no frame is another one again');
  t.is(hash(await all(recording)), hash(frames));
});

test('a rate that divides badly gives whole milliseconds', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'));
  const frames = await all(await openRecording(file, { rate: 3, start: 0 }));
  t.deepEqual(
    frames.map((frame) => frame.time),
    [0, 333, 667, 1000, 1333, 1667],
  );
});

test('a recording that is turned comes upright', async (t) => {
  const dir = await tempFolder(t);
  const file = await makeVideo(join(dir, 'a.mp4'));
  const turned = join(dir, 'turned.mp4');
  const args = ['-v', 'error', '-i', file, '-metadata:s:v', 'rotate=90', '-c', 'copy', turned];
  execFileSync('ffmpeg', args);
  const recording = await openRecording(turned, { rate: 10, start: 0 });
  t.deepEqual([recording.width, recording.height], [120, 160]);
  t.is((await all(recording)).length, 20);
});

test('who stops reading ends the process', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'), 'testsrc=s=640x480:r=25:d=20');
  const running = new Set<number>();
  const onChild = (pid: number, started: boolean) => void (started ? running.add(pid) : running.delete(pid));
  const recording = await openRecording(file, { rate: 25, start: 0, onChild });
  t.is(running.size, 0, 'ffprobe has gone');
  let seen = 0;
  for await (const frame of recording) {
    t.is(running.size, 1);
    seen = frame.seq;
    if (seen === 2) break;
  }
  t.is(seen, 2);
  t.is(running.size, 0);
});

test('a video that is not there, is no video, is empty or is a folder is refused in one line', async (t) => {
  const dir = await tempFolder(t);
  const text = join(dir, 'text.mp4');
  await writeFile(text, 'this is no video\n'.repeat(1000));
  const empty = join(dir, 'empty.mp4');
  await writeFile(empty, '');
  const headless = await makeVideo(join(dir, 'headless.mp4'));
  const { size } = await stat(headless);
  await truncate(headless, Math.floor(size / 2));
  const cases = [
    [join(dir, 'none.mp4'), 'CAMERA_MISSING'],
    [dir, 'CAMERA_MISSING'],
    [text, 'CAMERA_UNREADABLE'],
    [empty, 'CAMERA_UNREADABLE'],
    [headless, 'CAMERA_UNREADABLE'],
    ['rtsp://user:secret@127.0.0.1:1/x', 'CAMERA_UNREADABLE'],
    ['ftp://127.0.0.1:1/x.mp4', 'CAMERA_SOURCE'],
  ] as const;
  for (const [file, code] of cases) {
    const error = await t.throwsAsync(async () => all(await openRecording(file, { rate: 4, start: 0 })), { code });
    t.notRegex(error!.message, /\n|secret/);
    t.log(error!.message.replace(dir, 'DIR'));
  }
});

test('a video of one frame, and an empty file, are told as such', async (t) => {
  const dir = await tempFolder(t);
  const one = await makeVideo(join(dir, 'one.mp4'), 'testsrc=s=160x120:r=25:d=0.04');
  const read = async (file: string) => all(await openRecording(file, { rate: 4, start: 0 }));
  const short = await t.throwsAsync(read(one), { code: 'CAMERA_UNREADABLE' });
  t.regex(short!.message, /too short for a picture at 4 a second/);
  await writeFile(join(dir, 'empty.mp4'), '');
  t.regex((await t.throwsAsync(read(join(dir, 'empty.mp4'))))!.message, /is empty/);
});

test('sound alone is no video', async (t) => {
  const file = join(await tempFolder(t), 'a.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=1', file]);
  const error = await t.throwsAsync(openRecording(file, { rate: 4, start: 0 }), { code: 'CAMERA_UNREADABLE' });
  t.regex(error!.message, /holds no video/);
});

test('a playlist inside a file cannot make ffmpeg open the network', async (t) => {
  const file = join(await tempFolder(t), 'a.m3u8');
  await writeFile(file, '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n');
  await t.throwsAsync(async () => all(await openRecording(file, { rate: 4, start: 0 })), { code: 'CAMERA_UNREADABLE' });
});
