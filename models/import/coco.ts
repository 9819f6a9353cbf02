// models/import: the COCO-SSD graph as .tflite files, one per input size of its card. In: the package's tarball. Out: bytes.
// Never: a graph whose constants say other than the card.
import { KerbError } from '../../contract/errors.ts';
import { type AnchorLevels, anchorsFor } from '../anchors.ts';
import type { Card, CardSize, HeadOf, Weights } from '../card.ts';
import { writeTflite } from '../tflite/write.ts';
import { type Graph, readGraph } from './graph.ts';
import { type Int8Table, planInt8 } from './int8.ts';
import { type Lowered, lower } from './lower.ts';
import { untar } from './tarball.ts';
import { planTflite } from './tflite.ts';

/** A package in the npm registry. */
export type NpmSource = Extract<Card['source'], { npm: string }>;
/** A card whose files are made here: an SSD out of a package. */
export type CocoCard = Card & { source: NpmSource; head: HeadOf<'ssd'> & { anchors: AnchorLevels } };

/** @throws KerbError CARD_BROKEN for a card whose files are not made here */
export function cocoCard(card: Card, where: string): CocoCard {
  const fits = 'npm' in card.source && card.head.kind === 'ssd' && 'levels' in card.head.anchors;
  if (fits) return card as CocoCard;
  throw new KerbError(
    'CARD_BROKEN',
    'describes no SSD out of an npm package',
    where,
    'restore models/ from its commit',
  );
}

/** Preprocessing before and box decoding after are done in code: they need loops and shapes that runtimes dislike. */
const cut = { input: 'Preprocessor/sub', outputs: ['concat', 'Postprocessor/convert_scores'] } as const;
const shardCount = 5;

/** Reads the graph out of the tarball and checks that the card describes it. */
export function openGraph(card: CocoCard, tgz: Uint8Array, where: string): Graph {
  const inFolder = (name: string) => `${card.source.folder}/${name}`;
  const shards = Array.from({ length: shardCount }, (_, i) => `group1-shard${i + 1}of${shardCount}`);
  const files = untar(tgz, where, ['model.json', ...shards].map(inFolder));
  const graph = readGraph(files.get(inFolder('model.json'))!, (path) => {
    const bytes = files.get(inFolder(path));
    if (!bytes) throw new KerbError('GRAPH_UNREADABLE', `needs a shard ${path}`, where, 'take the pinned package');
    return bytes;
  });
  checkAgainst(card, graph, where);
  return graph;
}

/** The size-free layers of the graph. */
export function lowerGraph(graph: Graph): Lowered {
  return lower(graph, cut);
}

/** One .tflite file. @param int8 the table for weights in bytes throughout */
export function convert(
  card: CocoCard,
  lowered: Lowered,
  { width, height }: Pick<CardSize, 'width' | 'height'>,
  weights: Weights,
  int8: Int8Table,
): Uint8Array {
  const kept = weights === 'float' ? '' : ` ${weights}`;
  const about = `${card.name} ${card.version}${kept} ${width}x${height}, from ${card.source.npm}`;
  const outputs = ['boxes', 'scores'];
  return writeTflite(
    weights === 'int8'
      ? planInt8(lowered, width, height, about, outputs, int8)
      : planTflite(lowered, width, height, about, outputs, weights),
  );
}

function checkAgainst(card: CocoCard, graph: Graph, where: string): void {
  const differs = (what: string) =>
    new KerbError('CARD_BROKEN', `${what} differs from the graph's constants`, where, 'correct the card');
  const constant = (name: string) => graph.weights.get(name)?.data ?? new Float32Array();
  const near = (a: number | undefined, b: number) => a !== undefined && Math.abs(a - b) < 1e-7;
  if (!near(constant('Preprocessor/mul/x')[0], card.input.scale)) throw differs('input.scale');
  if (!near(constant('Preprocessor/sub/y')[0], -card.input.offset)) throw differs('input.offset');
  const { centre, size } = card.head.coder;
  if (!near(constant('ConstantFolding/Postprocessor/Decode/div_recip')[0], centre)) throw differs('head.coder.centre');
  if (!near(constant('ConstantFolding/Postprocessor/Decode/div_2_recip')[0], size)) throw differs('head.coder.size');

  const corners = constant('Postprocessor/ExpandDims');
  const { reference } = card.head.anchors;
  const anchors = anchorsFor(card.head.anchors, reference, reference);
  if (anchors.length !== corners.length) throw differs('head.anchors');
  for (let at = 0; at < anchors.length; at += 4) {
    const [cy, cx, h, w] = anchors.subarray(at, at + 4) as unknown as [number, number, number, number];
    const ours = [cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2];
    if (ours.some((value, i) => Math.abs(value - corners[at + i]!) > 1e-6)) throw differs('head.anchors');
  }
}
