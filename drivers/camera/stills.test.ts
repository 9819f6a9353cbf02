// Snapshot addresses and picture folders, with a real web server and real files.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { authorization } from './digest.ts';
import { type LiveOptions, openLive, openRecording } from './ffmpeg.ts';
import { Notes, tempFolder } from './testvideo.ts';

const picture = (width: number, height: number, background = '#804020') =>
  sharp({ create: { width, height, channels: 3, background } })
    .jpeg({ quality: 95 })
    .toBuffer();

async function* endless() {
  for (;;) yield Buffer.alloc(1 << 20);
}

const quick: LiveOptions = { clock: () => 0, maxRate: 40, patience_ms: 1500, backoff_ms: [20] };

async function server(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const http = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => {
    http.closeAllConnections();
    http.close();
  });
  await once(http, 'listening');
  return `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** An address where nothing listens any more. */
async function closedPort(): Promise<string> {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  http.close();
  await once(http, 'close');
  return `127.0.0.1:${port}`;
}

/** Opens a camera on this source and gives what it tells. */
function opened(t: ExecutionContext, source: string, options = quick) {
  const notes = new Notes();
  const camera = openLive(source, notes, options);
  t.teardown(() => camera.close());
  return { notes, camera };
}

test('a snapshot address is asked with the password that Digest wants, and each answer is a frame', async (t) => {
  const jpeg = await picture(64, 48);
  let asked = 0;
  const host = await server(t, (request, response) => {
    asked += 1;
    const said = request.headers.authorization ?? '';
    const field = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(said)?.[1] ?? '';
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const secret = md5('admin:Kamera:s3cret, "x"');
    const wish = md5(`${secret}:abc:00000001:${field('cnonce')}:auth:${md5('GET:/shot.jpg?n=1')}`);
    if (field('response') === wish) response.end(jpeg);
    else response.writeHead(401, { 'www-authenticate': 'Digest realm="Kamera", nonce="abc", qop="auth"' }).end();
  });
  const { notes, camera } = opened(t, `http://admin:s3cret%2C%20%22x%22@${host}/shot.jpg?n=1`);
  const { frame } = await notes.next('frame');
  t.like(frame, { seq: 0, width: 64, height: 48 });
  t.true(Math.abs(frame.rgb[0]! - 0x80) < 4);
  await notes.next('frame');
  t.true(asked >= 4);
  await camera.close();
  const wrong = opened(t, `http://admin:wrong@${host}/shot.jpg`);
  const { loss } = await wrong.notes.next('lost');
  t.is(loss.code, 'CAMERA_PASSWORD');
  t.notRegex(loss.message, /wrong@/);
});

test('the example of RFC 7616 gives its answer, for MD5 and for SHA-256', (t) => {
  const challenge = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const login = {
    user: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  t.regex(authorization(challenge('MD5'), login)!, /response="8ca523f5e9506fed4657c9700eebdbec"/);
  const both = `${challenge('MD5')}, ${challenge('SHA-256')}`;
  t.regex(authorization(both, login)!, /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/);
  t.is(authorization('Basic realm="x"', login), `Basic ${Buffer.from('Mufasa:Circle of Life').toString('base64')}`);
  t.is(authorization('Negotiate', login), null);
});

test('an empty, an endless, a huge and a broken picture are named, and the next good one is taken', async (t) => {
  const good = await picture(64, 48);
  // A few bytes that say they are a hundred megapixels.
  const bomb = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  bomb.writeUInt32BE(12_000, 16);
  bomb.writeUInt32BE(9000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  const wide = await picture(9000, 20);
  const answers: [Buffer | 'endless', RegExp][] = [
    [Buffer.alloc(0), /is empty/],
    [bomb, /pixel limit/],
    [wide, /9000x20/],
    [good.subarray(0, -20), /cannot be decoded/],
    [Buffer.from('<html>'), /neither JPEG nor PNG/],
    ['endless', /more than 33554432 bytes/],
  ];
  let now = 0;
  const host = await server(t, (_, response) => {
    const answer = answers[now]?.[0] ?? good;
    if (answer !== 'endless') response.end(answer);
    else pipeline(endless, response, () => {});
  });
  for (; now < answers.length; now++) {
    const { notes, camera } = opened(t, `http://${host}/`);
    const { loss } = await notes.next('lost');
    t.is(loss.code, 'CAMERA_UNREADABLE');
    t.regex(loss.message, answers[now]![1]);
    await camera.close();
  }
  const { notes } = opened(t, `http://${host}/`);
  await notes.next('frame');
  now = 3;
  t.is((await notes.next('lost')).loss.code, 'CAMERA_UNREADABLE', 'broken ones again and again are a loss');
  now = 4;
  t.regex((await notes.next('lost')).loss.message, /neither JPEG nor PNG/, 'another reason is told');
  now = 99;
  await notes.next('back');
  const order = notes.told.map((told) => told.what).filter((what) => what !== 'frame');
  t.deepEqual(order, ['lost', 'lost', 'back'], 'the same one is told once');
});

test('a server that never answers, and one that is not there, are told within the time', async (t) => {
  const host = await server(t, () => {});
  const { notes } = opened(t, `http://${host}/`, { ...quick, open_ms: 200 });
  t.is((await notes.next('lost')).loss.code, 'CAMERA_UNREACHABLE');
  const shut = await server(t, ({ socket }) => socket.destroy());
  t.is((await opened(t, `http://${shut}/`).notes.next('lost')).loss.code, 'CAMERA_UNREACHABLE');
  const away = opened(t, `http://${await closedPort()}/`);
  t.is((await away.notes.next('lost')).loss.code, 'CAMERA_UNREACHABLE');
});

test('a folder gives each new picture once, tells a changed size, and its silence', async (t) => {
  const dir = await tempFolder(t);
  const put = async (name: string, bytes: Buffer, at: number) => {
    await writeFile(join(dir, '.part'), bytes);
    await utimes(join(dir, '.part'), at, at);
    await rename(join(dir, '.part'), join(dir, name));
  };
  await put('a.jpg', await picture(64, 48), 1000);
  const { notes, camera } = opened(t, `${dir}/`, { ...quick, patience_ms: 60_000 });
  await notes.next('frame');
  await put('notes.txt', Buffer.from('no picture'), 3000);
  await put(
    'b.png',
    await sharp(await picture(80, 60))
      .png()
      .toBuffer(),
    2000,
  );
  const [{ loss }, { change }, { frame }] = await Promise.all([
    notes.next('lost'),
    notes.next('back'),
    notes.next('frame'),
  ]);
  t.is(loss.code, 'CAMERA_CHANGED');
  t.is(change, 'its picture was 64x48 jpeg and is 80x60 png');
  t.is(frame.width, 80);
  t.is(notes.told.filter(({ what }) => what === 'frame').length, 2);
  await camera.close();
  const silent = opened(t, `${dir}/`, { ...quick, patience_ms: 100 });
  const [first, { loss: silence }] = await Promise.all([silent.notes.next('frame'), silent.notes.next('lost')]);
  t.is(first.frame.width, 80, 'the newest one');
  t.is(silence.code, 'CAMERA_SILENT');
});

test('a folder: one picture from the future, or a broken one, hides nothing that comes after it', async (t) => {
  const dir = await tempFolder(t);
  const put = async (name: string, bytes: Buffer, at: number) => {
    await writeFile(join(dir, '.part'), bytes);
    await utimes(join(dir, '.part'), at, at);
    await rename(join(dir, '.part'), join(dir, name));
  };
  const good = await picture(64, 48);
  await put('a.jpg', good, 4e9);
  const { notes } = opened(t, `${dir}/`, { ...quick, patience_ms: 60_000 });
  await notes.next('frame');
  for (const name of ['b.jpg', 'c.jpg', 'a.jpg']) {
    await Promise.all([notes.next('frame'), put(name, good, 1000)]);
  }
  for (const name of ['d.jpg', 'e.jpg']) await put(name, good.subarray(0, -20), 4e9);
  await Promise.all([notes.next('frame'), put('f.jpg', good, 2000)]);
  // seen all at once, the broken one later than the good one
  await mkdir(join(dir, '.new'));
  const names = ['g.jpg', 'h.jpg'];
  for (const [i, bytes] of [good, good.subarray(0, -20)].entries()) {
    await writeFile(join(dir, '.new', names[i]!), bytes);
    await utimes(join(dir, '.new', names[i]!), 3000 + i, 3000 + i);
  }
  await Promise.all([notes.next('frame'), ...names.map((name) => rename(join(dir, '.new', name), join(dir, name)))]);
  t.deepEqual(
    notes.told.filter(({ what }) => what !== 'frame'),
    [],
  );
});

test('a folder is a recording, in the order of the numbers in its names', async (t) => {
  const dir = await tempFolder(t);
  await mkdir(join(dir, 'x'));
  for (const [name, colour] of [
    ['img10.jpg', '#ffffff'],
    ['img9.jpg', '#000000'],
  ]) {
    await writeFile(join(dir, name!), await picture(32, 32, colour));
  }
  const frames = [];
  for await (const frame of await openRecording(`${dir}/`, { rate: 4, start: 1000 })) frames.push(frame);
  t.deepEqual(
    frames.map(({ seq, time, rgb }) => [seq, time, rgb[0]! > 128]),
    [
      [0, 1000, false],
      [1, 1250, true],
    ],
  );
  await t.throwsAsync(openRecording(`${dir}/x/`, { rate: 4, start: 0 }), { code: 'CAMERA_UNREADABLE' });
  await t.throwsAsync(openRecording(`${dir}/none/`, { rate: 4, start: 0 }), { code: 'CAMERA_MISSING' });
});

test('a USB camera: a recording of its JPEGs stands in for it, and one that is not plugged in is named', async (t) => {
  const dir = await tempFolder(t);
  const pictures = await Promise.all(['#000', '#888', '#fff'].map((colour) => picture(64, 48, colour)));
  await writeFile(join(dir, 'usb.mjpeg'), Buffer.concat(pictures));
  const { notes, camera } = opened(t, `usb:${dir}/usb.mjpeg`);
  for (let i = 0; i < 4; i++) await notes.next('frame');
  t.like(camera.facts, { codec: 'mjpeg', width: 64 });
  const away = opened(t, '/dev/video97');
  const { loss } = await away.notes.next('lost');
  t.is(loss.code, 'CAMERA_MISSING');
  t.regex(loss.message, /no such device.*plug/);
});
