// models/add: a card as a file that a person reads. In: a card. Out: YAML.
import { Document, isMap, isSeq, visit } from 'yaml';
import type { Card } from '../card.ts';

const about = ` A model card, written by kerbside models add. Checked by models/card.ts; docs/models.md explains the keys.
 It names one file by its hash: another file is refused. Correct what was guessed: licence, labels, input, merge.`;

export function cardText(card: Card): string {
  const document = new Document(card);
  document.commentBefore = about;
  // Lists on one line, but for the sizes; small maps of numbers as well.
  visit(document, {
    Seq(_, node) {
      node.flow = !node.items.some((item) => isMap(item) && item.has('file'));
    },
    Map(key, node) {
      const small = node.items.every(({ value }) => !isMap(value) && !isSeq(value));
      if (typeof key === 'number' || (small && node.items.length <= 3)) node.flow = !node.has('file');
    },
  });
  // Long lists stay on their line: nobody reads 80 labels one by one.
  return document.toString({ lineWidth: 0 });
}
