import { createHash } from 'node:crypto';
import test from 'ava';
import { type Command, deviceTopics, type EvidenceChunk, type Reply } from '../../contract/index.ts';
import { tempDir } from '../../test/chain-rig.ts';
import { CaseMaker, CaseStore, loadTaxonomy } from '../cases/index.ts';
import { contrast, MADE_SITE, MadeLooker, MadeOutbox, madeCodec, madePicture, madeSighting } from '../cases/made.ts';
import type { Clock } from '../health/clock.ts';
import type { Outbox } from '../outbox/index.ts';
import type { Uplink } from '../uplink/index.ts';
import { openCommands } from './box-commands.ts';
import type { RunningCamera } from './camera.ts';

const PERSON: [number, number, number, number] = [40, 40, 30, 60];

test('a box with a camera: the snapshot is in the outbox, masked, under the id and hash that the answer names', async (t) => {
  const store = new CaseStore(null);
  const lanes = new MadeOutbox();
  const pieces: Uint8Array[] = [];
  const outbox: typeof lanes = Object.assign(lanes, {
    append: async (...[lane, record]: Parameters<MadeOutbox['append']>) => {
      if (lane === 'evidence' && record.bytes) pieces.push(record.bytes);
      return MadeOutbox.prototype.append.call(lanes, lane, record);
    },
  });
  const device = 'box-1';
  const looker = new MadeLooker([PERSON]);
  const options = { device, site: MADE_SITE, taxonomy: loadTaxonomy(), looker, codec: madeCodec, store, outbox };
  const maker = new CaseMaker(options);
  const frame = { seq: 1, time: 7000, ...madePicture([PERSON]) };
  let state = 'live';
  const camera = {
    id: 'cam1',
    state: () => ({ state, reason: 'the cable is cut' }),
    path: { newest: () => ({ frame }) },
  } as unknown as RunningCamera;
  const answers: Reply[] = [];
  const topics: string[] = [];
  const uplink = {
    publish: async (suffix: string, text: string) => {
      topics.push(suffix);
      answers.push(JSON.parse(text) as Reply);
      return true;
    },
  } as unknown as Uplink;
  const clock: Clock = { wall: () => 9000, mono: () => 1, quality: () => 'held', boot: 'boot' };
  const commands = openCommands({
    device,
    version: '1',
    data: tempDir(t),
    clock,
    outbox: { lane: () => ({ stats: async () => ({ waiting: 3 }) }) } as unknown as Outbox,
    uplink,
    camera: { cameras: [camera], maker },
    book: maker.book,
    profiles: () => [MADE_SITE.profile.version],
    onFault: (fault) => t.fail(fault.message),
  });
  t.teardown(() => commands.close());
  let n = 0;
  const ask = async (more: Partial<Command>) => {
    const id = `c${++n}`;
    const given = { v: 1, kind: 'command', id, device, name: 'ping', at: 1, order: n, ...more };
    commands.take(Buffer.from(JSON.stringify(given)));
    await commands.settled();
    t.is(`${deviceTopics('city', device).base}/up/${topics.at(-1)}`, deviceTopics('city', device).reply(id));
    return answers.at(-1)!;
  };

  const done = await ask({ name: 'snapshot' });
  t.is(done.state, 'done', done.reason);
  const chunks = lanes.records.map(({ text }) => JSON.parse(text) as EvidenceChunk);
  const whole = Buffer.concat(pieces);
  t.like(done.result, { evidence: chunks[0]?.id, camera: 'cam1', at: 7000, bytes: whole.length });
  t.is(done.result?.['sha256'], createHash('sha256').update(whole).digest('hex'));
  t.true(chunks.length > 1 && chunks.every((chunk) => chunk.case === 'c1' && chunk.sha256 === done.result?.['sha256']));
  const shown = await madeCodec.decode(whole);
  t.true(contrast(frame, PERSON) > 0.4);
  t.true(contrast(shown, PERSON) < 0.1);

  state = 'lost';
  t.like(await ask({ name: 'snapshot', params: { camera: 'cam1' } }), { state: 'failed' });
  t.regex(answers.at(-1)?.reason ?? '', /the cable is cut/);
  t.like(await ask({ name: 'snapshot', params: { camera: 'cam2' } }), { state: 'refused' });
  t.deepEqual((await ask({})).result?.['waiting'], { alarm: 3, case: 3, telemetry: 3, evidence: 3 });

  const taken = await maker.take(madeSighting(1));
  const id = 'case' in taken ? taken.case.id : '';
  t.is((await ask({ guard: { case: { id, state: 'open' }, profile: 'made-1' } })).state, 'done');
  t.is((await ask({ guard: { case: { id: 'another', state: 'open' } } })).state, 'guard-failed');
  t.is((await ask({ guard: { profile: 'made-2' } })).state, 'guard-failed');
});
