// models/add: the likely head of a model, by the shapes of its outputs. In: a model, read. Out: what a card says of its
// head. Never: a head for a model whose outputs only resemble one: poses, masks and turned boxes are named.
import type { Card } from '../card.ts';
import { detectorMetadata } from '../tflite/detector-metadata.ts';
import type { ModelMetadata } from '../tflite/metadata.ts';
import { postprocessName, postprocessOf } from '../tflite/postprocess.ts';
import type { Model, Tensor } from '../tflite/read.ts';
import { operator } from '../tflite/schema.ts';
import { efficientDetAnchors, gridCells, ssdMobilenetAnchors } from './grids.ts';
import { unusable } from './inspect.ts';

interface Clues {
  readonly width: number;
  readonly height: number;
  readonly metadata: ModelMetadata;
  readonly labels: readonly (string | null)[] | null;
  readonly notes: string[];
}

/** Numbers of a pose with 17 points: box, score, 17 x 3. */
const poseColumns = 56;
/** COCO's 90 ids and the background. */
const cocoColumns = 91;
const imagenetClasses = [1000, 1001];

/** @throws KerbError MODEL_UNSUPPORTED */
export function headFor(model: Model, clues: Clues, where: string): Card['head'] {
  const outputs = model.outputs.map((index) => model.tensors[index]!);
  const task = clues.metadata.task;
  if (task && !['detect', 'classify'].includes(task)) throw unusable(`is a model for ${taskInWords(task)}`, where);
  const postprocess = postprocessOf(model, where);
  if (postprocess) {
    const columns = postprocess.scores.shape[2]!;
    return {
      kind: 'ssd',
      columns,
      background: columns === postprocess.classes + 1,
      // the operator takes them as they are
      scores: 'probability',
      coder: postprocess.coder,
      anchors: { from: 'postprocess' },
    };
  }
  const edge = outputs.find((one) => one.type === null || !['float32', 'uint8', 'int8'].includes(one.type));
  if (edge) throw unusable(`gives ${edge.type ?? 'unknown numbers'} in ${edge.name}`, where);
  const custom = model.operators.find((one) => one.custom !== null)?.custom;
  if (custom) throw unusable(`needs the custom operator ${custom}, of which only ${postprocessName} is known`, where);
  const shapes = outputs.map((one) => one.shape.join('x')).join(', ');
  const [first, second] = outputs as [Tensor, Tensor?];
  const picture = outputs.find((one) => one.shape.length === 4 && one.shape.filter((side) => side > 8).length >= 2);
  if (outputs.length === 2 && second && !picture) {
    const ssd = ssdOf(model, first, second, clues, where);
    if (ssd) return ssd;
  }
  if (outputs.length === 1 && first.shape.length === 3) {
    const yolo = yoloOf(first, clues, where);
    if (yolo) return yolo;
  }
  if (outputs.length === 1 && !picture) {
    const classifier = classifierOf(model, first, clues, where);
    if (classifier) return classifier;
  }
  const points = outputs.find(
    ({ shape }) => shape.length >= 3 && shape.at(-1) === 3 && [17, 21, 33].includes(shape.at(-2)!),
  );
  if (points) throw unusable(`is a model for poses (${points.shape.at(-2)} points): it gives ${shapes}`, where);
  if (picture && outputs.length > 1)
    throw unusable(`is a model for masks (instance segmentation): it gives ${shapes}`, where);
  if (picture) throw unusable(`is a model for masks, depth or points (segmentation, pose): it gives ${shapes}`, where);
  throw unusable(`is of a kind that is not known here: it gives ${shapes}`, where);
}

function taskInWords(task: string): string {
  const words: Record<string, string> = {
    segment: 'masks (segmentation)',
    pose: 'poses',
    obb: 'turned boxes (OBB)',
    depth: 'depth',
  };
  return words[task] ?? task.slice(0, 40);
}

function ssdOf(model: Model, a: Tensor, b: Tensor, clues: Clues, where: string): Card['head'] | null {
  const [boxes, scores] = a.shape[2] === 4 ? [a, b] : [b, a];
  const [rows = 0, columns = 0] = [boxes.shape[1], scores.shape[2]];
  const fits =
    boxes.shape.length === 3 && boxes.shape[2] === 4 && scores.shape.length === 3 && scores.shape[1] === rows;
  if (!fits || rows < 8 || columns < 1) return null;
  const ends = model.tensors.indexOf(scores);
  const common = { kind: 'ssd', columns } as const;
  const detector = detectorMetadata(model, where);
  if (detector) {
    if (detector.anchors.length !== rows * 4) throw unusable('has metadata for other boxes than it gives', where);
    return {
      ...common,
      background: columns === detector.classes + 1,
      scores: detector.logits ? 'logit' : 'probability',
      coder: detector.coder,
      anchors: { from: 'metadata' },
    };
  }
  const { width, height, notes, labels } = clues;
  const efficientDet = efficientDetAnchors(width, height);
  const mobilenet = ssdMobilenetAnchors(width, height);
  const [made, anchors, coder] =
    efficientDet.rows === rows
      ? (['EfficientDet-Lite', efficientDet, { centre: 1, size: 1 }] as const)
      : (['SSD MobileNet', mobilenet, { centre: 0.1, size: 0.2 }] as const);
  if (anchors.rows !== rows) {
    throw unusable(`is an SSD whose ${rows} anchors are in none of its parts: export it with post-processing`, where);
  }
  notes.push(`anchors: those of ${made}, by the number of boxes`);
  const background = labels ? labels.length === columns - 1 : columns === cocoColumns;
  const kept = followsLogistic(model, ends) ? 'probability' : 'logit';
  return { ...common, background, scores: kept, coder, anchors: anchors.levels };
}

function yoloOf({ shape, quantisation, type }: Tensor, clues: Clues, where: string): Card['head'] | null {
  const [, a = 0, b = 0] = shape;
  const { width, height, labels, notes } = clues;
  const cells = gridCells(width, height);
  const kind = 'yolo' as const;
  const boxes = 'normalised' as const;
  if (b === 6 && a <= 1000 && a !== cells && a !== cells * 3) {
    return { kind, layout: 'end', rows: a, columns: 6, transposed: false, boxes };
  }
  for (const [rows, columns, transposed] of [
    [b, a, true],
    [a, b, false],
  ] as const) {
    if (rows === cells * 3 && columns > 5) return { kind, layout: 'v5', rows, columns, transposed, boxes };
    if (rows !== cells || columns <= 4) continue;
    const classes = columns - 4;
    if (columns === poseColumns && labels?.length !== classes)
      throw unusable('is a model for poses (17 points)', where);
    if (labels && labels.length !== classes) {
      const read = `gives ${columns} numbers for a box, so ${classes} classes, and there are ${labels.length} labels`;
      throw unusable(`${read}: another list of labels, or else masks, points or turned boxes`, where);
    }
    if (type !== 'float32' && quantisation && quantisation.scale[0]! > 0.05) {
      notes.push('boxes in pixels and scores share one quantisation: scores are coarse; export with float outputs');
    }
    return { kind, layout: 'v8', rows, columns, transposed, boxes };
  }
  return null;
}

function classifierOf(model: Model, output: Tensor, clues: Clues, where: string): Card['head'] | null {
  const sides = output.shape.filter((side) => side !== 1);
  const [columns = 0] = sides;
  if (sides.length !== 1 || columns < 2 || columns > 25_000) return null;
  const probable = endsIn(model, model.outputs[0]!, [operator.softmax, operator.logistic]);
  const known =
    clues.labels?.length === columns || clues.metadata.task === 'classify' || imagenetClasses.includes(columns);
  if (!known && !probable) {
    const what = `gives one list of ${columns} numbers: an embedding, or a classifier without labels`;
    throw unusable(`${what} (then give --labels FILE)`, where);
  }
  return { kind: 'classifier', columns, scores: probable ? 'probability' : 'logit' };
}

/** Whether scores come out of a logistic function. */
function followsLogistic(model: Model, index: number): boolean {
  return endsIn(model, index, [operator.logistic]);
}

/** Whether a value was made by one of these operators, but for reshaping, joining and requantising after it. */
function endsIn(model: Model, index: number, codes: readonly number[]): boolean {
  const between: readonly number[] = [operator.reshape, operator.dequantize, operator.quantize, operator.concatenation];
  for (let at = index, steps = 0; steps < 8; steps++) {
    const maker = model.operators.find((one) => one.outputs.includes(at));
    if (!maker) return false;
    if (codes.includes(maker.code)) return true;
    if (!between.includes(maker.code) || maker.inputs[0] === undefined) return false;
    at = maker.inputs[0];
  }
  return false;
}
