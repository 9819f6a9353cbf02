// Cameras over RTSP, against a real server: every way of transport and codec; refused, restarted, frozen, changed.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { type LiveOptions, openLive } from './ffmpeg.ts';
import { rtspServer } from './testing-rtsp.ts';
import { Notes } from './testvideo.ts';

const quick = { clock: () => 0, patience_ms: 1500, open_ms: 20_000, backoff_ms: [50, 200] } satisfies LiveOptions;
const SMALL = { codec: 'h264', size: [160, 120] as [number, number] } as const;

test('H.264 and H.265, over TCP and UDP', async (t) => {
  const server = await rtspServer(t, {
    mounts: { '/h264': SMALL, '/h265': { codec: 'h265', size: [192, 144] } },
  });
  for (const path of ['/h264', '/h265']) {
    for (const transport of ['tcp', 'udp'] as const) {
      const notes = new Notes();
      const camera = openLive(server.url(path), notes, { ...quick, settings: { transport } });
      t.teardown(() => camera.close());
      const { frame } = await notes.next('frame');
      t.is(frame.width, path === '/h264' ? 160 : 192);
      t.is(camera.facts?.codec, path === '/h264' ? 'h264' : 'hevc');
      await camera.close();
      t.deepEqual(
        notes.told.filter(({ what }) => what !== 'frame'),
        [],
        `${path} over ${transport}`,
      );
    }
  }
});

test('a camera that restarts as another one is found again, and what has changed is told', async (t) => {
  const server = await rtspServer(t, { mounts: { '/main': SMALL } });
  const notes = new Notes();
  const camera = openLive(server.url('/main'), notes, quick);
  t.teardown(() => camera.close());
  await notes.next('frame');
  await server.stop();
  const { loss } = await notes.next('lost');
  t.true(['CAMERA_ENDED', 'CAMERA_SILENT', 'CAMERA_UNREACHABLE'].includes(loss.code), loss.code);
  await server.start({ mounts: { '/main': { codec: 'h265', size: [192, 144] } } });
  const { change } = await notes.next('back');
  t.is(change, 'its picture was 160x120 h264 and is 192x144 hevc');
});

test('a camera that is open and sends nothing is lost, and comes back', async (t) => {
  const server = await rtspServer(t, { mounts: { '/main': SMALL } });
  const notes = new Notes();
  const camera = openLive(server.url('/main'), notes, quick);
  t.teardown(() => camera.close());
  await notes.next('frame');
  server.signal('SIGSTOP');
  const { loss } = await notes.next('lost');
  t.is(loss.code, 'CAMERA_SILENT');
  server.signal('SIGCONT');
  await notes.next('back');
});

test('a camera that takes the connection and never answers is silent, not unreadable', async (t) => {
  const mute = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
  t.teardown(() => mute.close());
  await once(mute, 'listening');
  const notes = new Notes();
  const camera = openLive(`rtsp://127.0.0.1:${(mute.address() as AddressInfo).port}/main`, notes, {
    clock: quick.clock,
  });
  t.teardown(() => camera.close());
  t.is((await notes.next('lost')).loss.code, 'CAMERA_SILENT');
});

test('a wrong password, a path that is none and a port where nothing listens have names of their own', async (t) => {
  const server = await rtspServer(t, { mounts: { '/main': SMALL }, user: 'admin', password: 'right' });
  const lossOf = async (url: string) => {
    const notes = new Notes();
    const camera = openLive(url, notes, quick);
    const { loss } = await notes.next('lost');
    await camera.close();
    return loss;
  };
  const wrong = await lossOf(server.url('/main', 'admin:wrong@'));
  t.is(wrong.code, 'CAMERA_PASSWORD');
  t.notRegex(wrong.message, /wrong/);
  t.is((await lossOf(server.url('/none', 'admin:right@'))).code, 'CAMERA_UNREADABLE');
  t.is((await lossOf('rtsp://127.0.0.1:1/main')).code, 'CAMERA_UNREACHABLE');
  const notes = new Notes();
  const camera = openLive(server.url('/main', 'admin:right@'), notes, quick);
  t.teardown(() => camera.close());
  await notes.next('frame');
  t.pass();
});
