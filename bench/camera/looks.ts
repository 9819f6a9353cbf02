// bench, a program of its own: looks at pictures for a while and says how many it made. In: an order as JSON in argv.
// Out: {looks, seconds} on stdout. Who looks: `ours` (resize, model, head, merge), `bare` (our runtime alone, on one fixed
// tensor), or `tfjs` (what the coco-ssd palette of Node-RED does: the TensorFlow.js graph with its own resize, wasm backend).
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chosenCard } from '../../agent/main/model.ts';
import { withWeights } from '../../models/card.ts';
import type { Use } from '../../models/choice.ts';
import { readModel } from '../../models/files.ts';
import { tarballName } from '../../models/import/fetch.ts';
import { untar } from '../../models/import/tarball.ts';
import { mergeCandidates } from '../../models/merge.ts';
import { createLooker } from '../../models/pool.ts';
import { valuesFor } from '../../models/runtime.ts';
import { openRuntime } from '../../models/runtimes.ts';
import { Scale } from '../../models/scale.ts';
import type { Picture } from '../../models/types.ts';

export interface LooksOrder {
  readonly who: 'ours' | 'bare' | 'tfjs' | 'pool';
  readonly use: Use;
  readonly cacheDir: string;
  /** raw RGB pictures of one size, one after the other */
  readonly frames: string;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

const SCORE = 0.5;

const order = JSON.parse(process.argv[2]!) as LooksOrder;
const { width, height, cacheDir, use } = order;
const bytes = new Uint8Array(await readFile(order.frames));
const size = width * height * 3;
const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
shared.set(bytes);
const pictures: Picture[] = Array.from({ length: bytes.length / size }, (_, i) => ({
  width,
  height,
  rgb: shared.subarray(i * size, (i + 1) * size),
}));
const look = await { ours, bare, tfjs, pool }[order.who]();
const picture = (n: number) => pictures[n % pictures.length]!;
for (let n = 0; n < 3; n++) await look(picture(n));
const start = performance.now();
let looks = 0;
while (performance.now() - start < order.seconds * 1000) looks += await look(picture(looks));
process.stdout.write(`${JSON.stringify({ looks, seconds: (performance.now() - start) / 1000 })}\n`);
process.exit(0);

type Looking = (picture: Picture) => Promise<number>;

async function opened() {
  const { card: plain, folder } = await chosenCard();
  const card = withWeights(plain, use.weights);
  return { card, places: { folder, cacheDir }, runtime: await openRuntime(use.runtime) };
}

async function ours(): Promise<Looking> {
  const { card, places, runtime } = await opened();
  const scale = await Scale.open(card, 0, places, runtime);
  return async (one) => {
    mergeCandidates(card, await scale.look(one, SCORE));
    return 1;
  };
}

/** Two looking threads that are kept busy, as on a box of two cores. */
async function pool(): Promise<Looking> {
  const looker = await createLooker({ card: await chosenCard(), use, cacheDir, workers: 2 });
  const under = new Set<Promise<unknown>>();
  return async (one) => {
    const mine: Promise<unknown> = looker
      .look(one, { depth: 'base', minScore: SCORE })
      .finally(() => under.delete(mine));
    under.add(mine);
    if (under.size > 3) await Promise.race(under);
    return 1;
  };
}

async function bare(): Promise<Looking> {
  const { card, places, runtime } = await opened();
  const session = await runtime.load(await readModel(card.sizes[0]!, places), card.sizes[0]!.file);
  const input = valuesFor(session.inputs[0]!);
  for (let i = 0; i < input.length; i++) input[i] = ((i * 7) % 255) / 127 - 1;
  return async () => {
    await session.run([input]);
    return 1;
  };
}

async function tfjs(): Promise<Looking> {
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const tf = await import('@tensorflow/tfjs-core');
  const { card } = await chosenCard();
  const source = card.source as { npm: string; folder: string };
  const path = join(cacheDir, 'downloads', tarballName(source.npm));
  const names = ['model.json', ...[1, 2, 3, 4, 5].map((i) => `group1-shard${i}of5`)].map(
    (n) => `${source.folder}/${n}`,
  );
  const files = untar(await readFile(path), path, names);
  const model = JSON.parse(new TextDecoder().decode(files.get(names[0]!)));
  const weights = Buffer.concat(names.slice(1).map((name) => files.get(name)!));
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  setThreadsCount(1);
  await tf.setBackend('wasm');
  const graph = await loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest[0].weights,
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length) as ArrayBuffer,
    }),
  });
  return async (one) => {
    const input = tf.tensor4d(Int32Array.from(one.rgb), [1, one.height, one.width, 3], 'int32');
    const outputs = (await graph.executeAsync({ image_tensor: input })) as import('@tensorflow/tfjs-core').Tensor[];
    await Promise.all(outputs.map((output) => output.data()));
    tf.dispose([input, ...outputs]);
    return 1;
  };
}
