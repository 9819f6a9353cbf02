// models/import: lowers a detector graph to the few layers that every inference runtime has. In: graph, where to cut.
// Out: layers in running order, free of any picture size; batch normalisation, scales and biases are folded into the
// weights in double precision and rounded once. Never: an operation guessed at; what is not known is refused.
import { KerbError } from '../../contract/errors.ts';
import type { Graph, GraphNode, Weight } from './graph.ts';

/** A layer; `inputs` and `output` number values, value 0 is the picture. */
export type Layer =
  | {
      kind: 'conv' | 'depthwise';
      inputs: [number];
      output: number;
      name: string;
      stride: [number, number];
      /** [out, h, w, in], or [1, h, w, channels] of a depthwise one */
      shape: number[];
      weights: Float32Array;
      bias: Float32Array;
      relu6: boolean;
    }
  | { kind: 'add'; inputs: [number, number]; output: number; name: string }
  /** to [1, everything else, columns] */
  | { kind: 'reshape'; inputs: [number]; output: number; name: string; columns: number }
  /** along axis 1 */
  | { kind: 'concat'; inputs: number[]; output: number; name: string }
  | { kind: 'sigmoid'; inputs: [number]; output: number; name: string };

/** A layer with weights. */
export type Convolution = Extract<Layer, { kind: 'conv' | 'depthwise' }>;

/** Where to cut: names of nodes. */
export interface Cut {
  /** its value is the model's input */
  readonly input: string;
  /** their values are the model's outputs, in this order */
  readonly outputs: readonly string[];
}

/** What comes out. */
export interface Lowered {
  readonly layers: readonly Layer[];
  readonly outputs: readonly number[];
}

const unsupported = (node: string, what: string) =>
  new KerbError('GRAPH_UNSUPPORTED', what, `graph node ${node}`, 'this importer knows SSD MobileNet graphs only');

/**
 * @throws KerbError GRAPH_UNSUPPORTED naming the node
 */
export function lower(graph: Graph, cut: Cut): Lowered {
  return new Lowering(graph, cut).run();
}

class Lowering {
  readonly #graph: Graph;
  readonly #cut: Cut;
  readonly #layers: Layer[] = [];
  readonly #maker = new Map<number, Layer>();
  readonly #value = new Map<string, number>();
  readonly #consumers = new Map<string, number>();
  readonly #underway = new Set<string>();
  #next = 1;

  constructor(graph: Graph, cut: Cut) {
    this.#graph = graph;
    this.#cut = cut;
    // Shape nodes only feed the sizes of reshapes, which are worked out anew for each picture size.
    for (const node of graph.nodes.values()) {
      if (node.op === 'Shape') continue;
      for (const input of node.inputs) this.#consumers.set(input, (this.#consumers.get(input) ?? 0) + 1);
    }
  }

  run(): Lowered {
    const outputs = this.#cut.outputs.map((name) => this.#visit(name));
    return { layers: this.#layers, outputs };
  }

  #visit(name: string): number {
    if (name === this.#cut.input) return 0;
    const known = this.#value.get(name);
    if (known !== undefined) return known;
    const node = this.#graph.nodes.get(name);
    if (!node) throw unsupported(name, 'does not exist');
    if (this.#underway.has(name)) throw unsupported(name, 'feeds itself');
    this.#underway.add(name);
    const value = this.#lowerNode(node);
    this.#underway.delete(name);
    this.#value.set(name, value);
    return value;
  }

  #lowerNode(node: GraphNode): number {
    switch (node.op) {
      case 'Conv2D':
      case 'DepthwiseConv2dNative':
        return this.#convolution(node);
      case 'Add':
      case 'BiasAdd':
        return this.#bias(node);
      case 'Mul':
        return this.#scale(node);
      case 'FusedBatchNorm':
        return this.#batchNorm(node);
      case 'Relu6': {
        const value = this.#visit(input(node, 0));
        this.#owned(node, value).relu6 = true;
        return value;
      }
      case 'AddN': {
        if (node.inputs.length !== 2) throw unsupported(node.name, 'adds other than two values');
        return this.#push({
          kind: 'add',
          inputs: [this.#visit(input(node, 0)), this.#visit(input(node, 1))],
          output: 0,
          name: node.name,
        });
      }
      case 'Reshape': {
        const target = this.#graph.nodes.get(input(node, 1));
        if (target?.op !== 'Pack') throw unsupported(node.name, 'has a shape other than a packed one');
        const columns = this.#constant(node, target.inputs.at(-1) ?? '').data[0] ?? 0;
        if (columns < 1) throw unsupported(node.name, 'has no last dimension');
        const value = this.#visit(input(node, 0));
        return this.#push({ kind: 'reshape', inputs: [value], output: 0, name: node.name, columns });
      }
      case 'ConcatV2': {
        const axis = this.#constant(node, node.inputs.at(-1) ?? '').data[0];
        if (axis !== 1) throw unsupported(node.name, 'joins along an axis other than 1');
        const inputs = node.inputs.slice(0, -1).map((name) => this.#visit(name));
        return this.#push({ kind: 'concat', inputs, output: 0, name: node.name });
      }
      case 'Sigmoid':
        return this.#push({ kind: 'sigmoid', inputs: [this.#visit(input(node, 0))], output: 0, name: node.name });
      default:
        throw unsupported(node.name, `is the unknown operation ${node.op}`);
    }
  }

  #convolution(node: GraphNode): number {
    const depthwise = node.op !== 'Conv2D';
    const [batch, strideY, strideX, depth] = node.strides;
    if (node.padding !== 'SAME' || node.dataFormat !== 'NHWC') throw unsupported(node.name, 'is not SAME and NHWC');
    if (batch !== 1 || depth !== 1 || !strideY || !strideX) throw unsupported(node.name, 'has odd strides');
    if (node.dilations.some((dilation) => dilation !== 1)) throw unsupported(node.name, 'is dilated');
    const source = this.#constant(node, input(node, 1));
    const [h = 0, w = 0, from = 0, to = 0] = source.shape;
    if (source.shape.length !== 4 || (depthwise && to !== 1)) throw unsupported(node.name, 'has weights of odd shape');
    const value = this.#visit(input(node, 0));
    // Depthwise [h, w, C, 1] and [1, h, w, C] are the same bytes.
    const weights = depthwise ? Float32Array.from(source.data) : outputsFirst(source.data, h * w * from, to);
    return this.#push({
      kind: depthwise ? 'depthwise' : 'conv',
      inputs: [value],
      output: 0,
      name: node.name,
      stride: [strideY, strideX],
      shape: depthwise ? [1, h, w, from] : [to, h, w, from],
      weights,
      bias: new Float32Array(depthwise ? from : to),
      relu6: false,
    });
  }

  #bias(node: GraphNode): number {
    const { source, weight } = this.#withConstant(node);
    const value = this.#visit(source);
    const maker = this.#maker.get(value);
    if (maker?.kind === 'add') {
      // A constant after a residual sum goes into the branch that only this sum uses.
      this.#single(node, source);
      for (const branch of maker.inputs) {
        const layer = this.#maker.get(branch);
        if (layer?.kind === 'conv' && !layer.relu6 && this.#consumers.get(layer.name) === 1) {
          addInto(node, layer.bias, weight);
          return value;
        }
      }
      throw unsupported(node.name, 'adds a constant that no convolution can take');
    }
    addInto(node, this.#owned(node, value, source).bias, weight);
    return value;
  }

  #scale(node: GraphNode): number {
    const { source, weight } = this.#withConstant(node);
    const value = this.#visit(source);
    const layer = this.#owned(node, value, source);
    rescale(node, layer, Float64Array.from(weight.data));
    return value;
  }

  #batchNorm(node: GraphNode): number {
    const value = this.#visit(input(node, 0));
    const layer = this.#owned(node, value);
    const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => this.#constant(node, input(node, i)).data);
    if (!gamma || !beta || !mean || !variance) throw unsupported(node.name, 'lacks constants');
    const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt((variance[c] ?? 0) + node.epsilon));
    rescale(node, layer, scale);
    for (let c = 0; c < layer.bias.length; c++) layer.bias[c]! += beta[c]! - mean[c]! * scale[c]!;
    return value;
  }

  /** The convolution behind a value, when nobody else uses it and no activation stands between. */
  #owned(node: GraphNode, value: number, source = input(node, 0)): Convolution {
    const layer = this.#maker.get(value);
    if (!layer || !('bias' in layer) || layer.relu6) throw unsupported(node.name, 'does not follow a convolution');
    this.#single(node, source);
    return layer;
  }

  #single(node: GraphNode, source: string): void {
    if (this.#consumers.get(source) !== 1) throw unsupported(node.name, `shares its input ${source}`);
  }

  #withConstant(node: GraphNode): { source: string; weight: Weight } {
    const [a, b] = [input(node, 0), input(node, 1)];
    if (this.#graph.weights.has(b)) return { source: a, weight: this.#constant(node, b) };
    return { source: b, weight: this.#constant(node, a) };
  }

  #constant(node: GraphNode, name: string): Weight {
    const weight = this.#graph.weights.get(name);
    if (!weight) throw unsupported(node.name, `needs ${name} to be a constant`);
    return weight;
  }

  #push(layer: Layer): number {
    layer.output = this.#next++;
    this.#layers.push(layer);
    this.#maker.set(layer.output, layer);
    return layer.output;
  }
}

function input(node: GraphNode, index: number): string {
  const name = node.inputs[index];
  if (name === undefined) throw unsupported(node.name, `has no input ${index}`);
  return name;
}

function addInto(node: GraphNode, bias: Float32Array, weight: Weight): void {
  if (weight.data.length !== bias.length) throw unsupported(node.name, 'adds a constant of another length');
  for (let c = 0; c < bias.length; c++) bias[c]! += weight.data[c]!;
}

function rescale(node: GraphNode, layer: Convolution, scale: Float64Array): void {
  if (layer.kind !== 'depthwise' || scale.length !== layer.bias.length) {
    throw unsupported(node.name, 'scales something other than a depthwise convolution by its channels');
  }
  const channels = scale.length;
  for (let i = 0; i < layer.weights.length; i++) layer.weights[i]! *= scale[i % channels]!;
  for (let c = 0; c < channels; c++) layer.bias[c]! *= scale[c]!;
}

/** [rest, to] -> [to, rest] */
function outputsFirst(data: Float32Array | Int32Array, rest: number, to: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rest; r++) for (let o = 0; o < to; o++) out[o * rest + r] = data[r * to + o]!;
  return out;
}
