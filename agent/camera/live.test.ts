// What the page shows of real persons: nothing that a look would still call one.
import { fileURLToPath } from 'node:url';
import { openRecording } from '../../drivers/camera/ffmpeg.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import { loadCard } from '../../models/card.ts';
import { readPicture } from '../../models/image.ts';
import { createLooker } from '../../models/pool.ts';
import { cacheDir } from '../../models/testing.ts';
import { sampleTest } from '../../test/samples.ts';
import { loadSite } from '../config/site.ts';
import { CameraPath } from './path.ts';

const SITE = fileURLToPath(new URL('../../examples/street/site.yaml', import.meta.url));
const CARD = fileURLToPath(new URL('../../models/cards/coco-ssd.yaml', import.meta.url));

sampleTest('no live picture shows a person that a look finds at 0.5, and the van stays visible', async (t, path) => {
  t.timeout(180_000);
  const looker = await createLooker({ card: await loadCard(CARD), cacheDir, workers: 2 });
  t.teardown(() => looker.close());
  const site = await loadSite(SITE);
  const pictures: Promise<{ jpeg: Buffer } | null>[] = [];
  const camera = { ...site.cameras[0]!, looks_per_s: 2 };
  const live = new CameraPath({
    device: 'test',
    site: site.id,
    camera,
    profile: site.profile,
    looker,
    onReport: ({ seq }) => pictures.push(live.jpeg(seq)),
    onSighting: () => {},
  });
  const recording = await openRecording(path('video/street-pets2009.mp4'), { rate: 2, start: 0 });
  await live.feed(first(recording, 24));
  let vans = 0;
  for (const picture of await Promise.all(pictures)) {
    const { objects } = await looker.look(await readPicture(picture!.jpeg), { depth: 'base', minScore: 0.5 });
    t.deepEqual(
      objects.filter((find) => find.class === 'person'),
      [],
    );
    if (
      objects.some(
        ({ class: name, box: [x, y] }) => name !== 'person' && Math.abs(x - 642) < 15 && Math.abs(y - 41) < 15,
      )
    )
      vans++;
  }
  t.is(pictures.length, 24);
  t.log(`the van is found in ${vans} of ${pictures.length} masked pictures`);
  t.true(vans >= 20);
});

async function* first(frames: AsyncIterable<Frame>, count: number): AsyncGenerator<Frame> {
  let left = count;
  for await (const frame of frames) {
    yield frame;
    if (--left === 0) return;
  }
}
