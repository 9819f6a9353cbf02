import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type LiveOptions, openLive } from './ffmpeg.ts';
import { inputArgs, parseSource, type StreamSource, withoutSecrets } from './source.ts';
import { makeVideo, Notes, tempFolder } from './testvideo.ts';

/** A clock that counts its readings, so that times show which frame was read when. */
function counter(): () => number {
  let now = 0;
  return () => ++now;
}

const quick: Omit<LiveOptions, 'clock'> = { loop: true, patience_ms: 700, backoff_ms: [50, 100] };

test('a looped file goes on over its seam, in order, with the time of the clock it was given', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'), 'testsrc=s=160x120:r=10:d=0.5');
  const notes = new Notes();
  const camera = openLive(file, notes, { ...quick, clock: counter() });
  t.teardown(() => camera.close());
  for (let i = 0; i < 12; i++) await notes.next('frame');
  const frames = notes.told.flatMap((told) => (told.what === 'frame' ? [told.frame] : []));
  t.deepEqual(
    frames.map((frame) => [frame.seq, frame.time]),
    frames.map((_, i) => [i, i + 1]),
  );
  t.is(camera.restarts, 0);
});

for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  test(`${signal} to ffmpeg shows the camera as lost until the next frame, and it heals`, async (t) => {
    const file = await makeVideo(join(await tempFolder(t), 'a.mp4'));
    const running = new Set<number>();
    const onChild = (pid: number, started: boolean) => void (started ? running.add(pid) : running.delete(pid));
    const notes = new Notes();
    const camera = openLive(file, notes, { ...quick, clock: counter(), onChild });
    t.teardown(() => camera.close());
    await notes.next('frame');
    const first = camera.pid!;
    process.kill(first, signal);
    const { loss } = await notes.next('lost');
    t.is(loss.code, signal === 'SIGSTOP' ? 'CAMERA_SILENT' : 'CAMERA_ENDED');
    t.log(loss.message.replace(file, 'FILE'));
    const [, { frame }] = await Promise.all([notes.next('back'), notes.next('frame')]);
    t.true(frame.seq > 0, 'frames go on counting');
    const order = notes.told.map((told) => told.what).filter((what) => what !== 'frame');
    t.deepEqual(order, ['lost', 'back']);
    t.not(camera.pid, first);
    t.deepEqual([...running], [camera.pid!], 'the stopped process was ended too');
    await camera.close();
    t.is(running.size, 0);
  });
}

test('a file that comes later is found, one that is broken is told as such', async (t) => {
  const dir = await tempFolder(t);
  const file = join(dir, 'a.mp4');
  const notes = new Notes();
  const camera = openLive(file, notes, { ...quick, clock: counter() });
  t.teardown(() => camera.close());
  t.is((await notes.next('lost')).loss.code, 'CAMERA_MISSING');
  await makeVideo(join(dir, 'b.mp4'));
  await rename(join(dir, 'b.mp4'), file);
  await notes.next('back');
  await camera.close();
  await rm(file);
  await writeFile(file, 'nothing');
  const broken = new Notes();
  const second = openLive(file, broken, { ...quick, clock: counter() });
  t.teardown(() => second.close());
  t.is((await broken.next('lost')).loss.code, 'CAMERA_UNREADABLE');
});

test('without a loop a file ends once', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'), 'testsrc=s=160x120:r=10:d=0.5');
  const notes = new Notes();
  const camera = openLive(file, notes, { ...quick, loop: false, clock: counter() });
  const { loss } = await notes.next('lost');
  t.is(loss.code, 'CAMERA_ENDED');
  t.regex(loss.message, /a\.mp4: the recording has ended$/);
  t.is(notes.told.filter((told) => told.what === 'frame').length, 5);
  t.is(camera.restarts, 0);
  await camera.close();
});

test('another rate is in force without a loss, and frames go on counting', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'), 'testsrc=s=160x120:r=20:d=3');
  const notes = new Notes();
  const camera = openLive(file, notes, { ...quick, loop: true, clock: () => performance.now(), maxRate: 2 });
  t.teardown(() => camera.close());
  /** mean ms between so many frames from now on */
  const pace = async (count: number) => {
    const first = (await notes.next('frame')).frame;
    let { frame } = await notes.next('frame');
    while (frame.seq < first.seq + count) ({ frame } = await notes.next('frame'));
    return (frame.time - first.time) / (frame.seq - first.seq);
  };
  const slow = await pace(2);
  const { pid } = camera;
  camera.setMaxRate(20);
  camera.setMaxRate(20);
  do await notes.next('frame');
  while (camera.pid === pid);
  const fast = await pace(12);
  t.true(fast < slow / 2, `${fast} ${slow}`);
  t.deepEqual(
    notes.told.filter(({ what }) => what !== 'frame'),
    [],
  );
  t.is(camera.restarts, 0);
});

test('a stream whose picture changes its size is opened again with the new size', async (t) => {
  const dir = await tempFolder(t);
  const small = await makeVideo(join(dir, 'a.ts'), 'testsrc=s=160x120:r=10:d=1');
  const large = await makeVideo(join(dir, 'b.ts'), 'testsrc=s=320x240:r=10:d=2');
  const file = join(dir, 'ab.ts');
  await writeFile(file, Buffer.concat([await readFile(small), await readFile(large)]));
  const notes = new Notes();
  const camera = openLive(file, notes, { ...quick, clock: counter() });
  t.teardown(() => camera.close());
  const { loss } = await notes.next('lost');
  t.regex(loss.message, /size of its picture/);
  await rename(large, file);
  const [, { frame }] = await Promise.all([notes.next('back'), notes.next('frame')]);
  t.is(frame.width, 320);
});

test('frames above the wished rate are left out', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'), 'testsrc=s=160x120:r=20:d=1');
  const notes = new Notes();
  const camera = openLive(file, notes, { ...quick, loop: false, maxRate: 5, clock: counter() });
  await notes.next('lost');
  t.is(notes.told.filter((told) => told.what === 'frame').length, 5);
  await camera.close();
});

test('closing while it is being opened leaves no process', async (t) => {
  const file = await makeVideo(join(await tempFolder(t), 'a.mp4'));
  const running = new Set<number>();
  const onChild = (pid: number, started: boolean) => void (started ? running.add(pid) : running.delete(pid));
  for (let i = 0; i < 3; i++) {
    const notes = new Notes();
    const camera = openLive(file, notes, { ...quick, clock: counter(), onChild });
    if (i > 0) await new Promise((turn) => setImmediate(turn));
    await camera.close();
    t.is(running.size, 0);
    t.deepEqual(notes.told, []);
  }
});

test('a password reaches ffmpeg and nothing else', (t) => {
  const source = parseSource('rtsp://admin:pa@ss@10.0.0.9:554/Streaming/101') as StreamSource;
  t.is(source.shown, 'rtsp://10.0.0.9:554/Streaming/101');
  t.true(inputArgs(source).includes('rtsp://admin:pa@ss@10.0.0.9:554/Streaming/101'));
  t.deepEqual(inputArgs(source).slice(2, 4), ['-rtsp_transport', 'tcp']);
  t.is(withoutSecrets('x rtsp://u:p@h/1: refused; rtsps://u2@k/'), 'x rtsp://h/1: refused; rtsps://k/');
  for (const text of ['concat://a', 'rtsp://[', 'FTP://u:secret@h/x', 'http://']) {
    const error = t.throws(() => parseSource(text), { code: 'CAMERA_SOURCE' });
    t.notRegex(error!.message, /secret/);
  }
  t.is(parseSource('C:clip.avi').kind, 'file');
});
