// models/add: the labels of a model. In: what the user gave, what the file says, the head. Out: as many as the head has.
// Never: a list of another length stretched or cut in silence.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { type Card, labelsOf, loadCard } from '../card.ts';
import { readLabels } from '../tflite/metadata.ts';

type Labels = readonly (string | null)[];

const maxBytes = 4 << 20;
const coco = fileURLToPath(new URL('../cards/coco-ssd.yaml', import.meta.url));

/** A label on each line. @throws KerbError LABELS_UNREADABLE */
export async function readLabelFile(path: string): Promise<(string | null)[]> {
  const remedy = 'give a text file with a label on each line, in the order of the classes';
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new KerbError('LABELS_UNREADABLE', `cannot be read: ${oneLine(error)}`, path, remedy);
  });
  if (bytes.length > maxBytes || bytes.includes(0))
    throw new KerbError('LABELS_UNREADABLE', 'is no list', path, remedy);
  const labels = readLabels(bytes);
  if (labels.every((label) => label === null)) throw new KerbError('LABELS_UNREADABLE', 'is empty', path, remedy);
  return labels;
}

/**
 * @param given by the user
 * @param own in the file
 * @throws KerbError LABELS_UNFIT
 */
export async function labelsFor(
  head: Card['head'],
  given: Labels | null,
  own: Labels | null,
  notes: string[],
  where: string,
): Promise<(string | null)[]> {
  const wanted = labelsOf(head);
  const listed = given ?? own;
  if (listed) {
    // A list that names the background first is one longer.
    const list = wanted !== null && listed.length === wanted + 1 ? listed.slice(1) : listed;
    if (wanted === null || list.length === wanted) return [...list];
    const what = `${listed.length} labels for ${wanted} classes`;
    const remedy = given ? 'give a list of that length' : 'give --labels FILE';
    throw new KerbError('LABELS_UNFIT', what, given ? '--labels' : where, remedy);
  }
  const { labels } = (await loadCard(coco)).card;
  const used = labels.filter((label) => label !== null);
  if (wanted === labels.length || wanted === used.length || wanted === null) {
    if (head.kind !== 'classifier') {
      notes.push(
        `labels: none in the file, taken to be COCO's ${wanted === labels.length ? 90 : 80} (--labels FILE else)`,
      );
      return wanted === labels.length ? [...labels] : used;
    }
  }
  notes.push('labels: none in the file, numbers stand for them (--labels FILE names them)');
  return Array.from({ length: wanted ?? 1 }, (_, i) => `class ${i}`);
}
