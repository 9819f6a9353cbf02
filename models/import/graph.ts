// models/import: reads a TensorFlow.js graph model. In: model.json and its weight shards, both untrusted bytes.
// Out: nodes by name and constants as typed arrays. Never: an index, size or name taken on trust.
import { z } from 'zod';
import { KerbError } from '../../contract/errors.ts';

/** One operation of the graph; inputs name nodes or constants, without the output number. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: string;
  readonly dataFormat: string;
  readonly epsilon: number;
}

/** A constant of the graph. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A whole graph model in memory. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly weights: ReadonlyMap<string, Weight>;
}

const maxJson = 4 << 20;
const maxWeights = 256 << 20;
const name = z.string().min(1).max(300);
const list = z.object({ i: z.array(z.string().max(20)).max(8).optional() });
const attribute = z.looseObject({
  s: z.array(z.number().int().min(0).max(255)).max(64).optional(),
  f: z.number().optional(),
  list: list.optional(),
});
const modelSchema = z.object({
  modelTopology: z.object({
    node: z
      .array(
        z.object({
          name,
          op: z.string().max(60),
          input: z.array(name).max(64).optional(),
          attr: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .max(5000),
  }),
  weightsManifest: z
    .array(
      z.object({
        paths: z
          .array(z.string().regex(/^[\w.-]{1,100}$/))
          .min(1)
          .max(64),
        weights: z
          .array(
            z.object({
              name,
              shape: z.array(z.number().int().min(0).max(1e6)).max(6),
              dtype: z.enum(['float32', 'int32']),
              quantization: z.undefined().optional(),
            }),
          )
          .max(5000),
      }),
    )
    .min(1)
    .max(16),
});

const unreadable = (what: string) =>
  new KerbError('GRAPH_UNREADABLE', what, 'model.json', 'take the file from the pinned package again');

/**
 * Parses a graph model.
 * @param json bytes of model.json, at most 4 MiB
 * @param shard gives a weight shard by its name as model.json names it
 * @throws KerbError GRAPH_UNREADABLE
 */
export function readGraph(json: Uint8Array, shard: (path: string) => Uint8Array): Graph {
  if (json.length > maxJson) throw unreadable(`has ${json.length} bytes, more than ${maxJson}`);
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw unreadable('is not JSON');
  }
  const parsed = modelSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unreadable(`is not a graph model: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const weights = new Map<string, Weight>();
  for (const group of parsed.data.weightsManifest) {
    const bytes = join(group.paths.map(shard));
    let offset = 0;
    for (const weight of group.weights) {
      const length = weight.shape.reduce((product, side) => product * side, 1);
      const end = offset + length * 4;
      if (end > bytes.length) throw unreadable(`its shards end within constant ${weight.name}`);
      const part = bytes.slice(offset, end).buffer;
      const data = weight.dtype === 'float32' ? new Float32Array(part) : new Int32Array(part);
      weights.set(weight.name, { shape: weight.shape, data });
      offset = end;
    }
    if (offset !== bytes.length) throw unreadable(`its shards hold ${bytes.length - offset} bytes too many`);
  }
  const nodes = new Map<string, GraphNode>();
  for (const node of parsed.data.modelTopology.node) {
    if (nodes.has(node.name)) throw unreadable(`has two nodes named ${node.name}`);
    const attr = node.attr ?? {};
    nodes.set(node.name, {
      name: node.name,
      op: node.op,
      inputs: (node.input ?? []).map((input) => input.replace(/:\d+$/, '')),
      strides: integers(attr['strides']),
      dilations: integers(attr['dilations']),
      padding: text(attr['padding']),
      dataFormat: text(attr['data_format']),
      epsilon: read(attr['epsilon']).f ?? 0,
    });
  }
  return { nodes, weights };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (total > maxWeights) throw unreadable(`its shards have ${total} bytes, more than ${maxWeights}`);
  const all = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Attributes that matter here are texts (arrays of character codes), numbers and lists of integers (as texts). */
function read(value: unknown): z.infer<typeof attribute> {
  if (value === undefined) return {};
  const parsed = attribute.safeParse(value);
  if (!parsed.success) throw unreadable('has an attribute of an unknown form');
  return parsed.data;
}
const text = (value: unknown) => String.fromCharCode(...(read(value).s ?? []));
const integers = (value: unknown) => (read(value).list?.i ?? []).map(Number);
