// Renders the configuration's zod schemas: docs/schemas/{box,site,profile}.json for editors, docs/configuration.md for people.
//   scripts/node24 scripts/config-docs.ts [--check]     --check: exit 1 when what is committed is not current
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boxSchema } from '../agent/config/box.ts';
import { reloadOf } from '../agent/config/reload.ts';
import { profileSchema, siteSchema } from '../agent/config/site.ts';
import { terminalSchema } from '../agent/config/terminal.ts';

const FILES = [
  {
    name: 'box' as const,
    schema: boxSchema,
    about: 'One box: who it is, its roles, its page, its way upstream. Example: `examples/box.yaml`.',
  },
  {
    name: 'site' as const,
    schema: siteSchema,
    about: 'Where a camera box stands, its cameras and zones. Example: `examples/street/site.yaml`.',
  },
  {
    name: 'profile' as const,
    schema: profileSchema,
    about: "The city's rules as data; inside a site file, or a file of its own.",
  },
  {
    name: 'terminal' as const,
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
  oneOf?: Node[];
  'x-reload'?: string;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  prefixItems?: Node[];
}

/** The forms that a value may have; most have one. */
const formsOf = (node: Node): Node[] => node.anyOf ?? node.oneOf ?? [node];

/** Says of each key below this node what its change costs. @throws Error for a key that nobody has thought about */
function addReload(file: (typeof FILES)[number]['name'], node: Node, path: string): void {
  for (const form of formsOf(node)) {
    if (form.items) addReload(file, form.items, `${path}[]`);
    for (const [key, child] of Object.entries(form.properties ?? {})) {
      const at = path ? `${path}.${key}` : key;
      const reload = reloadOf(file, at);
      if (reload === null) throw new Error(`agent/config/reload.ts does not know ${at} of the ${file} file`);
      child['x-reload'] = reload;
      addReload(file, child, at);
    }
  }
}

/** One table row for each key below this node, in the order of the schema; of several forms, each key once. */
function rows(node: Node, path: string): string[] {
  const seen = new Set<string>();
  const forms = formsOf(node).filter((form) => form.properties);
  return forms.flatMap((object) => {
    const name = forms.length > 1 ? ` (${object.properties?.['kind']?.const ?? 'one form'})` : '';
    return Object.entries(object.properties ?? {}).flatMap(([key, child]) => {
      const described = `${key} ${child.description ?? ''}`;
      if (seen.has(described)) return [];
      seen.add(described);
      const at = path ? `${path}.${key}` : key;
      const must = object.required?.includes(key) && child.default === undefined;
      const preset = child.default === undefined ? (must ? 'required' : '') : `\`${JSON.stringify(child.default)}\``;
      const shared = forms.every((form) => form.properties?.[key]?.description === child.description);
      const form = shared ? '' : name;
      const row = `| \`${at}\`${form} | ${kind(child)} | ${preset} | ${child['x-reload']} | ${child.description ?? ''} |`;
      return [row, ...rows(child.items ?? child, child.items ? `${at}[]` : at)];
    });
  });
}

function kind(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(' or ');
  const forms = node.anyOf ?? node.oneOf;
  if (forms) return [...new Set(forms.map(kind))].join(' or ');
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
    'The column *change* (`x-reload` in the schemas) says what changing a key costs while the box runs: `hot`, it is in force',
    'with the next look and loses no dwell so far; `part`, the stream of that camera begins anew, the others notice nothing;',
    '`all`, the agent must be started anew. The site file and its profile file are looked at every 2 s: what is hot or part is',
    'taken by itself, and a file that cannot be taken is a line of health while what runs stays.',
    '',
    'Zones, lines and rules come from three places. An edit made on the page (room Set-up, or `PUT /api/site`) is in force as',
    'long as the site file and the publication that it was made over are still there; when another file or publication comes,',
    'that is newer: the edit is set aside, kept and offered on the page. Without an edit a publication counts before the file.',
    'No clock decides this, so it holds on a box whose clock was wrong. `DELETE /api/site/edits` gives the edit up. The box names',
    "an edit's version after what it was made over (`demo-1+edit.3`), and cases carry that name.",
    '',
  );
  for (const { name, schema, about } of FILES) {
    const json = z.toJSONSchema(schema, { io: 'input' });
    addReload(name, json as Node, '');
    out.set(`docs/schemas/${name}.json`, `${JSON.stringify(json, null, 2)}\n`);
    chapters.push(`## The ${name} file`, '', about, '');
    chapters.push(
      '| key | kind | default | change | meaning |',
      '|---|---|---|---|---|',
      ...rows(json as Node, ''),
      '',
    );
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
