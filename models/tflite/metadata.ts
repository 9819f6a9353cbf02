// models/tflite: what a model says of itself: TFLite Metadata (metadata_schema.fbs, "M001") with its attached files, and
// what Ultralytics attaches instead. In: a model. Out: labels, normalisation, licence, task. Never: taken as more than a hint.
import { Flat, FlatFault, type Table } from './flat.ts';
import type { Model } from './read.ts';
import { attachedFiles } from './zip.ts';

export interface ModelMetadata {
  readonly name: string | null;
  readonly about: string | null;
  readonly licence: string | null;
  readonly version: string | null;
  /** how pixels are normalised: (pixel - mean) / std, one or three each */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
  /** in the order of the classes; null where an id is unused */
  readonly labels: readonly (string | null)[] | null;
  /** detect, segment, pose, classify, obb, where an exporter says so */
  readonly task: string | null;
}

const nothing: ModelMetadata = {
  name: null,
  about: null,
  licence: null,
  version: null,
  normalisation: null,
  labels: null,
  task: null,
};
const normalizationOptions = 1;
const mostLabels = 25_000;
/** TENSOR_AXIS_LABELS and TENSOR_VALUE_LABELS of AssociatedFileType. */
const labelFileTypes = [2, 3];

export function metadataOf(model: Model): ModelMetadata {
  const files = attachedFiles(model.bytes);
  const bytes = model.metadata.get('TFLITE_METADATA');
  // Ultralytics attaches its own as a file, with or without TFLite Metadata around it, and calls it a list of labels.
  const own = ultralytics(files);
  try {
    const said = bytes ? readMetadata(new Flat(bytes), files) : nothing;
    return own ? { ...said, ...own, licence: own.licence ?? said.licence } : said;
  } catch (error) {
    // Damaged metadata is as good as none: the model is judged by its shapes.
    if (!(error instanceof FlatFault)) throw error;
    return own ? { ...nothing, ...own } : nothing;
  }
}

function readMetadata(flat: Flat, files: ReadonlyMap<string, Uint8Array>): ModelMetadata {
  const root = flat.root('M001');
  const graph = flat.tables(root.field(3), 16)[0];
  const inputs = graph ? flat.tables(graph.field(2), 16) : [];
  const outputs = graph ? flat.tables(graph.field(3), 16) : [];
  const words = (slot: number) => flat.text(root.field(slot), 20_000).trim().slice(0, 300) || null;
  const associated = [...outputs.map((one) => one.field(6)), graph?.field(4) ?? 0, root.field(6)];
  return {
    name: words(0),
    about: words(1),
    version: words(2),
    licence: words(5),
    normalisation: inputs[0] ? normalisationOf(flat, inputs[0]) : null,
    labels: labelsIn(flat, associated, files),
    task: null,
  };
}

function normalisationOf(flat: Flat, input: Table): ModelMetadata['normalisation'] {
  for (const unit of flat.tables(input.field(4), 16)) {
    const options = flat.byte(unit.field(0)) === normalizationOptions ? flat.child(unit.field(1)) : null;
    if (!options) continue;
    const [mean, std] = [flat.floats(options.field(0), 16), flat.floats(options.field(1), 16)];
    if (mean.length > 0 && std.length > 0 && std.every((value) => value > 0)) return { mean, std };
  }
  return null;
}

/** The first file of labels that a list of associated files names. */
function labelsIn(flat: Flat, lists: readonly number[], files: ReadonlyMap<string, Uint8Array>) {
  for (const list of lists) {
    for (const file of flat.tables(list, 16)) {
      const content = files.get(flat.text(file.field(0), 500));
      if (content && labelFileTypes.includes(flat.byte(file.field(2)))) return readLabels(content);
    }
  }
  return null;
}

/** A label on each line, an unused id as ???, as TensorFlow writes it; or "12 cat", "12: cat" counted from 0. */
export function readLabels(content: Uint8Array): (string | null)[] {
  const lines = new TextDecoder().decode(content).split(/\r?\n/).slice(0, mostLabels);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const numbered = lines.map((line) => /^\s*(\d{1,5})\s*[:,\s]\s*(\S.*)$/.exec(line));
  if (lines.length > 1 && numbered.every((match, i) => match && Number(match[1]) === i)) {
    return numbered.map((match) => label(match![2]!));
  }
  return lines.map(label);
}

export function label(text: string): string | null {
  const plain = text
    .replace(/[\p{Cc}]/gu, ' ')
    .trim()
    .slice(0, 60);
  return plain === '' || plain === '???' || plain.toLowerCase() === 'n/a' ? null : plain;
}

/** What Ultralytics' exporters attach, as JSON or as a Python dictionary. */
function ultralytics(files: ReadonlyMap<string, Uint8Array>) {
  for (const content of files.values()) {
    const text = new TextDecoder().decode(content).slice(0, 200_000);
    const names = /["']names["']\s*:\s*\{([^}]*)\}/.exec(text)?.[1];
    if (names === undefined) continue;
    const labels: (string | null)[] = [];
    for (const [, id, , name] of names.matchAll(/["']?(\d{1,5})["']?\s*:\s*(["'])(.*?)\2/g)) {
      if (Number(id) < mostLabels) labels[Number(id)] = label(name!);
    }
    const field = (key: string) => new RegExp(`["']${key}["']\\s*:\\s*["']([^"']{1,200})["']`).exec(text)?.[1] ?? null;
    return {
      about: field('description'),
      licence: field('license'),
      version: field('version'),
      task: field('task'),
      labels: labels.length > 0 ? Array.from(labels, (name) => name ?? null) : null,
    };
  }
  return null;
}
