// Renders the configuration's zod schemas: docs/schemas/{box,site,profile}.json for editors, docs/configuration.md for people.
//   scripts/node24 scripts/config-docs.ts [--check]     --check: exit 1 when what is committed is not current
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boxSchema } from '../agent/config/box.ts';
import { profileSchema, siteSchema } from '../agent/config/site.ts';
import { terminalSchema } from '../agent/config/terminal.ts';

const FILES = [
  {
    name: 'box',
    schema: boxSchema,
    about: 'One box: who it is, its roles, its page, its way upstream. Example: `examples/box.yaml`.',
  },
  {
    name: 'site',
    schema: siteSchema,
    about: 'Where a camera box stands, its cameras and zones. Example: `examples/street/site.yaml`.',
  },
  {
    name: 'profile',
    schema: profileSchema,
    about: "The city's rules as data; inside a site file, or a file of its own.",
  },
  {
    name: 'terminal',
    schema: terminalSchema,
    about: "A vehicle terminal's profile: its lines, its bus, when it speaks. Example: `examples/truck/profile.yaml`.",
  },
];

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  anyOf?: Node[];
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  prefixItems?: Node[];
}

/** One table row for each key below this node, in the order of the schema. */
function rows(node: Node, path: string): string[] {
  const object = node.properties ? node : (node.anyOf?.find((form) => form.properties) ?? node);
  return Object.entries(object.properties ?? {}).flatMap(([key, child]) => {
    const at = path ? `${path}.${key}` : key;
    const must = object.required?.includes(key) && child.default === undefined;
    const preset = child.default === undefined ? (must ? 'required' : '') : `\`${JSON.stringify(child.default)}\``;
    const row = `| \`${at}\` | ${kind(child)} | ${preset} | ${child.description ?? ''} |`;
    return [row, ...rows(child.items ?? child, child.items ? `${at}[]` : at)];
  });
}

function kind(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(' or ');
  if (node.anyOf) return node.anyOf.map(kind).join(' or ');
  if (node.prefixItems) return `[${node.prefixItems.map((item) => item.type).join(', ')}]`;
  if (node.type === 'array') return `list of ${node.items ? kind(node.items) : 'values'}`;
  const bounds = node.minimum !== undefined && node.maximum !== undefined && node.maximum < 1e9;
  return `${node.type ?? 'any'}${bounds ? ` ${node.minimum} to ${node.maximum}` : ''}`;
}

function rendered(): Map<string, string> {
  const out = new Map<string, string>();
  const chapters = ['# Configuration', ''];
  chapters.push('YAML, checked when it is read: a key that is not listed here is refused with its line.');
  chapters.push(
    'JSON Schemas for editors lie in `docs/schemas/`. Made by `npm run docs` from the code: do not edit.',
    '',
  );
  for (const { name, schema, about } of FILES) {
    const json = z.toJSONSchema(schema, { io: 'input' });
    out.set(`docs/schemas/${name}.json`, `${JSON.stringify(json, null, 2)}\n`);
    chapters.push(`## The ${name} file`, '', about, '');
    chapters.push('| key | kind | default | meaning |', '|---|---|---|---|', ...rows(json as Node, ''), '');
  }
  out.set('docs/configuration.md', `${chapters.join('\n').trim()}\n`);
  return out;
}

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, text] of rendered()) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if (check) {
    let now = '';
    try {
      now = readFileSync(file, 'utf8');
    } catch {
      // not there: not current
    }
    if (now === text) continue;
    stale += 1;
    process.stderr.write(`${path} is not current: run npm run docs\n`);
  } else {
    mkdirSync(new URL('.', `file://${file}`), { recursive: true });
    writeFileSync(file, text);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
