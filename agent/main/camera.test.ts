// Running cameras on a real RTSP server: two streams of one camera, one of which dies or freezes; the others do not notice.
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { rtspServer } from '../../drivers/camera/testing-rtsp.ts';
import { makeVideo, tempFolder } from '../../drivers/camera/testvideo.ts';
import type { FrameReport, Sighting } from '../camera/index.ts';
import { LookShare } from '../camera/index.ts';
import { find, MadeLooker, camera as made, profile } from '../camera/testscene.ts';
import type { Camera, Site } from '../config/site.ts';
import { systemClock } from '../health/clock.ts';
import { RunningCamera } from './camera.ts';
import { cameraLines } from './camera-health.ts';

const CAR = find('car', [80, 60, 40, 30]);

/** A camera of 160 x 120 whose zone is its whole picture. */
const cameraOf = (id: string, more: Partial<Camera> = {}): Camera => ({
  ...made,
  id,
  picture: [160, 120],
  zones: [
    {
      ...made.zones[0]!,
      polygon: [
        [0, 0],
        [160, 0],
        [160, 120],
        [0, 120],
      ],
    },
  ],
  ...more,
});

/** A box of these cameras; each sees a car in every look. */
async function box(t: ExecutionContext, cameras: [Camera, string][]) {
  const words = { zh: '某', en: 'some' };
  const site: Site = {
    version: 1,
    id: 'site',
    name: words,
    place: { lon: 1, lat: 2, text: words },
    time_zone: 'UTC',
    cameras: cameras.map(([camera]) => camera),
    profile: profile(2),
  };
  const looker = new MadeLooker(2, () => [CAR]);
  const share = new LookShare(looker);
  const dir = await tempFolder(t);
  const reports: FrameReport[] = [];
  const faults: string[] = [];
  const sightings: Sighting[] = [];
  let changed = () => {};
  const running = cameras.map(
    ([camera, source]) =>
      new RunningCamera({
        device: 'box',
        site,
        camera,
        source,
        loop: true,
        looker,
        share,
        clock: systemClock(),
        onReport: (report) => {
          reports.push(report);
          changed();
        },
        onSighting: (sighting) => {
          sightings.push(sighting);
          changed();
        },
        onChange: () => changed(),
        onFault: (error) => {
          t.log(String(error));
          faults.push((error as { code: string }).code);
        },
        onChild: () => {},
        memory: join(dir, `${camera.id}.json`),
      }),
  );
  t.teardown(async () => {
    await Promise.all(running.map((camera) => camera.close()));
  });
  /** Waits for what a change, a report or a sighting brings. */
  const until = (what: string, met: () => boolean) =>
    new Promise<void>((done, fail) => {
      const late = setTimeout(
        () => fail(new Error(`${what}: ${JSON.stringify(running.map((c) => c.state()))}`)),
        60_000,
      );
      changed = () => {
        if (!met()) return;
        clearTimeout(late);
        changed = () => {};
        done();
      };
      changed();
    });
  return { running, reports, sightings, faults, until };
}

test('evidence comes from the larger stream; when that dies the camera goes on, and other cameras notice nothing', async (t) => {
  t.timeout(180_000);
  const [small, large] = [
    await rtspServer(t, { mounts: { '/sub': { codec: 'h264', size: [160, 120] } } }),
    await rtspServer(t, { mounts: { '/main': { codec: 'h264', size: [640, 480] } } }),
  ];
  const file = await makeVideo(join(await tempFolder(t), 'b.mp4'), 'testsrc=s=160x120:r=10:d=5');
  const { running, reports, sightings, faults, until } = await box(t, [
    [cameraOf('a', { main: large.url('/main') }), small.url('/sub')],
    [cameraOf('b'), file],
  ]);
  const [a, b] = running as [RunningCamera, RunningCamera];
  const state = () => a.state();
  await until('both streams', () => state().state === 'live' && state().main?.state === 'live');
  // a stay that begins while the larger stream is there
  sightings.length = 0;
  await until('a case of a', () => sightings.some(({ event }) => event.camera === 'a'));
  const { proof, event } = sightings.find((one) => one.event.camera === 'a')!;
  t.is(proof.frame.width, 640);
  t.deepEqual([...proof.box], [320, 240, 160, 120], 'its box is in the pixels of the larger picture');
  t.deepEqual(event.box, [80, 60, 40, 30], "the event's in those of the smaller one");

  await large.stop();
  await until('the larger stream is lost', () => state().main?.state === 'lost');
  t.is(state().state, 'live');
  const lines = cameraLines(state(), Date.now());
  t.deepEqual(
    lines.map(({ level }) => level),
    ['ok', 'warn'],
  );
  t.regex(lines[1]!.text.en, /evidence is taken from the smaller one/);

  small.signal('SIGSTOP');
  await until('the frozen one is lost', () => state().state === 'lost');
  t.is(state().code, 'CAMERA_SILENT');
  t.true(faults.includes('CAMERA_SILENT'), 'counted, and in the log');
  t.regex(cameraLines(state(), Date.now())[0]!.text.zh, /已连接但没有画面/);
  t.is(b.state().state, 'live');
  reports.length = 0;
  await until('looks of the other one', () => reports.filter(({ camera }) => camera === 'b').length >= 8);
  const seqs = reports.map(({ seq }) => seq);
  const steps = seqs.slice(1).map((seq, i) => seq - seqs[i]!);
  t.true(Math.max(...steps) <= 6, `frames between its looks: ${steps}`);
  small.signal('SIGCONT');
  await until('healed', () => state().state === 'live');
});

test('every kind of loss has words and a remedy of its own', (t) => {
  const state = { id: 'a', name: { zh: '某', en: 'some' }, state: 'lost', reason: 'x' } as Parameters<
    typeof cameraLines
  >[0];
  const texts = [
    'CAMERA_PASSWORD',
    'CAMERA_UNREACHABLE',
    'CAMERA_SILENT',
    'CAMERA_STUCK',
    'CAMERA_FAST',
    'CAMERA_MISSING',
  ].map((code) => cameraLines({ ...state, code }, 0)[0]!.text.en);
  t.is(new Set(texts).size, texts.length);
  const changed = cameraLines({ ...state, change: { at: 0, text: 'its picture was a and is b' } }, 1000);
  t.is(changed[1]!.value, 'its picture was a and is b');
  t.is(cameraLines({ ...state, change: { at: 0, text: 'x' } }, 48 * 3600_000).length, 1);
});
