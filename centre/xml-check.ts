// centre, for its tests: a strict reader of the little XML that we write. Throws for anything that is not well formed.
export interface Element {
  /** names from the root on, with "/" between */
  path: string;
  attributes: Record<string, string>;
  text: string;
}

const DECLARATION = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/;
const TOKEN = /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_:][\w:.-]*="[^"<&]*")*)\s*(\/?)>|([^<&]+)/y;

/** The elements in the order of their start tags. */
export function elements(xml: string): Element[] {
  const declaration = DECLARATION.exec(xml);
  if (!declaration) throw new Error('no XML declaration');
  const found: Element[] = [];
  const open: { name: string; element: Element }[] = [];
  let at = declaration[0].length;
  while (at < xml.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(xml);
    if (!token) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 40)}`);
    at = TOKEN.lastIndex;
    const [, closing, name = '', attributes = '', selfClosing, text] = token;
    const top = open.at(-1);
    if (text !== undefined) {
      if (top) top.element.text += text;
      else if (text.trim() !== '') throw new Error('text outside the root');
    } else if (closing) {
      if (top?.name !== name || attributes !== '') throw new Error(`</${name}> closes ${top?.name}`);
      open.pop();
    } else {
      if (!top && found.length > 0) throw new Error('two roots');
      const pairs = [...attributes.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]);
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error('an attribute twice');
      const path = [...open.map((one) => one.name), name].join('/');
      const element = { path, attributes: Object.fromEntries(pairs) as Record<string, string>, text: '' };
      found.push(element);
      if (!selfClosing) open.push({ name, element });
    }
  }
  if (open.length > 0) throw new Error(`${open.at(-1)?.name} is not closed`);
  return found;
}
