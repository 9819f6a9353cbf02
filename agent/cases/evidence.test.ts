// agent/cases: the real thing: frames of a real street, the real detector, real JPEGs. No person is left in any picture.
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCard } from '../../models/card.ts';
import { createLooker } from '../../models/pool.ts';
import type { Picture } from '../../models/types.ts';
import { sampleTest } from '../../test/samples.ts';
import { jpegCodec } from './codec.ts';
import { makeEvidence } from './evidence.ts';
import type { Box } from './types.ts';

const CARD = fileURLToPath(new URL('../../models/cards/coco-ssd.yaml', import.meta.url));
const VAN: Box = [654, 44, 68, 57];

/** One frame of the street clip. */
function frameAt(clip: string, seconds: number): Picture & { time: number } {
  const args = [
    '-v',
    'error',
    '-ss',
    String(seconds),
    '-i',
    clip,
    '-frames:v',
    '1',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-',
  ];
  const rgb = new Uint8Array(execFileSync('ffmpeg', args, { maxBuffer: 1 << 24 }));
  return { time: seconds * 1000, width: 768, height: 576, rgb };
}

sampleTest('street: no look finds a person in a masked picture, and the van is still there', async (t, path) => {
  t.timeout(180_000);
  const cacheDir = process.env['KERBSIDE_CACHE'] ?? join(homedir(), '.cache/kerbside');
  const looker = await createLooker({ card: await loadCard(CARD), cacheDir, workers: 2, warm: 'fine' });
  t.teardown(() => looker.close());
  const clip = path('video', 'street-pets2009.mp4');
  // 20 s: seven persons; 36 s: one beside the van; 75 s: a crowd that as a whole looks like one large person.
  for (const seconds of [20, 36, 75]) {
    const frame = frameAt(clip, seconds);
    const before = await looker.look(frame, { depth: 'fine', minScore: 0.5 });
    const persons = before.objects.filter((find) => find.class === 'person').length;
    t.true(persons >= 3, `${persons} persons at ${seconds} s`);

    const kept = frame.rgb.slice();
    const { ref, jpeg } = await makeEvidence({ frame, box: VAN }, 'proof', ['box', String(seconds)], looker, jpegCodec);
    t.deepEqual(frame.rgb, kept);
    t.true(ref.masked.persons >= 3);

    const shown = await jpegCodec.decode(jpeg);
    for (const depth of ['base', 'wide', 'fine'] as const) {
      const { objects } = await looker.look(shown, { depth, minScore: 0.5 });
      t.deepEqual(
        objects.filter((find) => find.class === 'person'),
        [],
        `${depth} at ${seconds} s`,
      );
    }
    const after = await looker.look(shown, { depth: 'fine', minScore: 0.5 });
    const van = after.objects.some(({ class: name, box: [x, y] }) => {
      return ['car', 'truck', 'bus'].includes(name) && Math.hypot(x - VAN[0], y - VAN[1]) < 25;
    });
    t.true(van, `the van is found in the masked picture of ${seconds} s`);
    t.log(`${seconds} s: ${persons} persons of 0.5 or more, ${ref.masked.persons} regions, ${ref.bytes} bytes`);

    if (seconds === 20) {
      const again = await makeEvidence({ frame, box: VAN }, 'proof', ['box', '20'], looker, jpegCodec);
      t.deepEqual(again.ref, ref);
    }
  }
});
