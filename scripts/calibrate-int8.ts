// Makes the table by which the default detector is put into bytes (models/import/coco-int8.json), from real footage:
//   scripts/node24 scripts/calibrate-int8.ts --street CLIP --other CLIP [--cache DIR] [--out FILE]
// In: a street clip of 768x576 (its even seconds; the odd ones are for tests) and another of 768x432. Out: for each layer
// the least and largest value, and corrections of biases. Takes a few minutes; only the table is kept, no picture.
// Corrections are found one layer after the other: all at once they run away, as each changes what the next one sees.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Card } from '../models/card.ts';
import { cocoCard, lowerGraph, openGraph } from '../models/import/coco.ts';
import { tarballName } from '../models/import/fetch.ts';
import { type Int8Table, planInt8 } from '../models/import/int8.ts';
import type { Convolution, Lowered } from '../models/import/lower.ts';
import { planTflite } from '../models/import/tflite.ts';
import { Resizer } from '../models/resize.ts';
import type { Session } from '../models/runtime.ts';
import { cacheDir, defaultCard, frameAt } from '../models/testing.ts';
import { type Plan, writeTflite } from '../models/tflite/write.ts';
import type { Picture } from '../models/types.ts';
import { wasmRuntime } from '../models/wasm.ts';

const side = 300;
const names = ['boxes', 'scores'];
const say = (line: string) => process.stderr.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    street: { type: 'string' },
    other: { type: 'string' },
    cache: { type: 'string', default: cacheDir },
    out: { type: 'string', default: fileURLToPath(new URL('../models/import/coco-int8.json', import.meta.url)) },
  },
});
if (!values.street || !values.other) throw new Error('give --street CLIP and --other CLIP');

const card = cocoCard((await defaultCard()).card, 'the default card');
const package_ = join(values.cache, 'downloads', tarballName(card.source.npm));
const lowered = lowerGraph(openGraph(card, await readFile(package_), package_));

/** Pictures: 40 whole frames, 10 quarters of frames, 10 of the other clip. */
async function pictures(street: string, other: string): Promise<Picture[]> {
  const seconds = Array.from({ length: 40 }, (_, i) => i * 2);
  const found: Picture[] = [];
  for (const second of seconds) {
    const frame = await frameAt(street, Math.min(second, 79));
    found.push(frame);
    if (found.length % 5 === 0) found.push(quarter(frame, (second / 2) % 2, (second >> 2) % 2));
  }
  for (let i = 0; i < 10; i++) found.push(await frameAt(other, i * 3, 768, 432));
  return found;
}

function quarter({ width, height, rgb }: Picture, right: number, down: number): Picture {
  const [w, h] = [width >> 1, height >> 1];
  const out = new Uint8Array(w * h * 3);
  for (let y = 0; y < h; y++) {
    const from = ((y + down * h) * width + right * w) * 3;
    out.set(rgb.subarray(from, from + w * 3), y * w * 3);
  }
  return { width: w, height: h, rgb: out };
}

/** The same plan with other values as its outputs. */
function tapped(plan: Plan, layers: readonly string[]): Uint8Array {
  return writeTflite({ ...plan, outputs: layers.map((name) => plan.tensors.findIndex((one) => one.name === name)) });
}

const runtime = await wasmRuntime();
const resizer = new Resizer({ ...(card.input as Card['input']), width: side, height: side });

/** For each output, the mean of each channel over pictures. */
async function channelMeans(session: Session, among: readonly Picture[], count: number): Promise<Float64Array[]> {
  const sums = session.outputs.slice(0, count).map(({ shape }) => new Float64Array(shape.at(-1)!));
  for (const picture of among) {
    const outputs = await session.run([resizer.run(picture)]);
    for (let k = 0; k < count; k++) {
      const output = outputs[k]!;
      const sum = sums[k]!;
      const channels = sum.length;
      const share = channels / output.length / among.length;
      for (let i = 0; i < output.length; i++) sum[i % channels]! += output[i]! * share;
    }
  }
  return sums;
}

async function ranges(graph: Lowered, among: readonly Picture[]): Promise<Int8Table['ranges']> {
  const layers = graph.layers.filter(({ kind }) => kind === 'conv' || kind === 'depthwise' || kind === 'add');
  const plan = planTflite(graph, side, side, 'ranges', names, 'float');
  const found: Int8Table['ranges'] = {};
  // A third at a time: all values of all layers at once are hundreds of megabytes.
  for (let at = 0; at < layers.length; at += 33) {
    const some = layers.slice(at, at + 33).map(({ name }) => name);
    const session = await runtime.load(tapped(plan, some), 'ranges');
    for (const picture of among) {
      const outputs = await session.run([resizer.run(picture)]);
      for (const [i, name] of some.entries()) {
        let [low, high] = found[name] ?? [0, 0];
        for (const value of outputs[i]!) {
          if (value < low) low = value;
          if (value > high) high = value;
        }
        found[name] = [low, high];
      }
    }
    session.close();
    say(`ranges: ${Object.keys(found).length} of ${layers.length} layers`);
  }
  return Object.fromEntries(Object.entries(found).map(([name, [low, high]]) => [name, [short(low), short(high)]]));
}

async function corrections(graph: Lowered, among: readonly Picture[], table: Int8Table): Promise<void> {
  const linear = graph.layers.filter((layer): layer is Convolution => layer.kind === 'conv' && !layer.relu6);
  const all = linear.map(({ name }) => name);
  const float = await runtime.load(tapped(planTflite(graph, side, side, 'means', names, 'float'), all), 'means');
  const wanted = await channelMeans(float, among, all.length);
  float.close();
  for (const [i, name] of all.entries()) {
    const plan = planInt8(graph, side, side, 'means', names, table);
    const session = await runtime.load(tapped(plan, [name]), 'means');
    const [got] = await channelMeans(session, among, 1);
    session.close();
    table.corrections[name] = [...wanted[i]!].map((mean, c) => short(mean - got![c]!));
    say(`corrections: ${i + 1} of ${all.length}`);
  }
}

/** Four digits: the values are measured, not exact, and the table is read by people too. */
const short = (value: number) => Number(value.toPrecision(4));

const all = await pictures(values.street, values.other);
const table: Int8Table = { ranges: await ranges(lowered, all), corrections: {} };
await corrections(lowered, all.filter((_, i) => i % 4 === 0).slice(0, 17), table);
const lines = (part: object) =>
  Object.entries(part)
    .map(([name, list]) => `${JSON.stringify(name)}: ${JSON.stringify(list)}`)
    .join(',\n');
await writeFile(
  values.out,
  `{"ranges": {\n${lines(table.ranges)}\n},\n"corrections": {\n${lines(table.corrections)}\n}}\n`,
);
say(`written: ${values.out}`);
