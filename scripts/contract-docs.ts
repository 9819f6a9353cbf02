// Renders the contract: docs/asyncapi.yaml, docs/schemas/{message}.json (and the .proto of the packed one), docs/contract.md.
//   scripts/node24 scripts/contract-docs.ts [--check] [--out DIR]
//   --check: writes nothing; exit 1 and a line on stderr for each file that is not current
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  ackSchema,
  caseSchema,
  commandSchema,
  desiredSchema,
  deviceTopics,
  envelopeSchema,
  eventSchema,
  evidenceChunkSchema,
  LANES,
  MAX_MESSAGE_BYTES,
  MAX_RECORD_BYTES,
  pointSchema,
  replySchema,
  reportBodySchema,
  reportSchema,
  statusSchema,
  targetCustomSchema,
} from '../contract/index.ts';
import { BATCH, batchMarkdown } from './contract-batch.ts';

interface Message {
  name: string;
  schema: z.ZodType;
  /** what it is, one sentence */
  about: string;
}

const ENVELOPE: Message = {
  name: 'envelope',
  schema: envelopeSchema,
  about: 'One line of a lane: who, where in the lane, when; `record` is the last member and arrives byte for byte.',
};
const STATUS: Message = { name: 'status', schema: statusSchema, about: 'Birth and last will of a box, retained.' };
const ACK: Message = {
  name: 'ack',
  schema: ackSchema,
  about: 'The centre holds everything of this lane and epoch up to and including `upTo` for good.',
};
const DESIRED: Message = {
  name: 'desired',
  schema: desiredSchema,
  about: 'There is an update. Untrusted: it makes a box look sooner, at what is signed.',
};
const COMMAND: Message = {
  name: 'command',
  schema: commandSchema,
  about:
    'The centre asks for one thing. Sent again at each birth and by a slow timer until it is answered; a box runs an id once.',
};
const REPLY: Message = {
  name: 'reply',
  schema: replySchema,
  about: 'How a command ended: written on the box before it is sent, the same each time the command comes again.',
};
const RECORDS: Message[] = [
  { name: 'case', schema: caseSchema, about: 'A reported matter: record of an envelope of kind `case`.' },
  { name: 'event', schema: eventSchema, about: "A rule's verdict on one object: record of kind `event`." },
  {
    name: 'telemetry-point',
    schema: pointSchema,
    about:
      "A vehicle's telemetry: record of kind `telemetry`. Its text has its members in this order and every value on its column's step (telemetry-batch), so that it comes out of a batch byte for byte.",
  },
  {
    name: 'evidence-chunk',
    schema: evidenceChunkSchema,
    about: 'A piece of a picture: record of kind `evidence`; its bytes follow the envelope line after one line break.',
  },
  { name: 'report', schema: reportSchema, about: 'A signed report of what a box runs: record of kind `report`.' },
  { name: 'report-body', schema: reportBodySchema, about: 'What a report says: the JSON of its member `body`.' },
  { name: 'target-custom', schema: targetCustomSchema, about: 'What signed metadata says of a target, in `custom`.' },
];
const LINK = [ENVELOPE, STATUS, ACK, DESIRED, COMMAND, REPLY];
const MESSAGES = [...LINK, ...RECORDS];

const GENERATED = 'Rendered from `contract/` by `scripts/contract-docs.ts`; edit the schemas, not this file.';

interface Node {
  type?: string;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  prefixItems?: Node[];
  anyOf?: Node[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
}

function jsonSchema({ name, schema, about }: Message): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: name, description: about, ...rest };
}

function kindOf(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.anyOf) return node.anyOf.map(kindOf).join(' or ');
  if (node.prefixItems) return `[${node.prefixItems.map(kindOf).join(', ')}]`;
  if (node.type === 'array') return `list of ${node.items ? kindOf(node.items) : 'values'}${bound('≤', node.maxItems)}`;
  const pattern = node.pattern ? ` \`${node.pattern.replaceAll('|', '\\|')}\`` : '';
  return `${node.type ?? 'any'}${pattern}${bound('≥', node.minimum)}${bound('≤', node.maximum ?? node.maxLength)}`;
}

function bound(sign: string, value: number | undefined): string {
  return value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? '' : ` ${sign} ${value}`;
}

function rows(node: Node, path = ''): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const at = path ? `${path}.${key}` : key;
    const must = node.required?.includes(key) ? 'yes' : '';
    const inner = child.items?.properties ? rows(child.items, `${at}[]`) : rows(child, at);
    return [`| \`${at}\` | ${kindOf(child)} | ${must} |`, ...inner];
  });
}

/** Topics with their parts as AsyncAPI parameters. */
const topics = deviceTopics('{city}', '{device}');
const CHANNELS = [
  ...LANES.filter((lane) => lane !== 'evidence').map((lane) => ({
    id: lane,
    address: topics.lane(lane),
    about:
      lane === 'telemetry'
        ? 'Lane `telemetry`: points as a telemetry-batch (first byte 0x78), records of other kinds as envelope lines (first byte `{`).'
        : `Lane \`${lane}\`: one or more envelope lines (NDJSON).`,
    messages: lane === 'telemetry' ? [BATCH, ENVELOPE] : [ENVELOPE],
    up: true,
    retained: false,
  })),
  {
    id: 'evidence',
    address: topics.evidence('{id}', 0).replace(/0$/, '{chunk}'),
    about:
      'Lane `evidence`: one envelope line, a line break, the raw bytes of the chunk. Records of other kinds come as lines under the id `opaque`.',
    messages: [ENVELOPE],
    up: true,
    retained: false,
  },
  {
    id: 'report',
    address: topics.report,
    about: 'Records of kind `report`: envelope lines of lane `case`, numbered and acknowledged in it.',
    messages: [ENVELOPE],
    up: true,
    retained: false,
  },
  { id: 'status', address: topics.status, about: 'Birth and last will.', messages: [STATUS], up: true, retained: true },
  {
    id: 'ack',
    address: topics.ack,
    about: "The centre's acknowledgement.",
    messages: [ACK],
    up: false,
    retained: false,
  },
  {
    id: 'desired',
    address: topics.desired,
    about: 'There is an update.',
    messages: [DESIRED],
    up: false,
    retained: true,
  },
  {
    id: 'command',
    address: topics.command,
    about: 'A command to the box.',
    messages: [COMMAND],
    up: false,
    retained: false,
  },
  {
    id: 'reply',
    address: topics.reply('{command}'),
    about: 'The answer to a command.',
    messages: [REPLY],
    up: true,
    retained: false,
  },
] as const;

function asyncApi(): string {
  const parameters = (address: string) =>
    Object.fromEntries(
      [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, { $ref: `#/components/parameters/${name}` }]),
    );
  const document = {
    asyncapi: '3.0.0',
    info: { title: 'Kerbside', version: '1.0.0', description: `Between a box and the centre, over MQTT. ${GENERATED}` },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      CHANNELS.map(({ id, address, about, messages }) => [
        id,
        {
          address,
          description: about,
          parameters: parameters(address),
          messages: Object.fromEntries(messages.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
        },
      ]),
    ),
    operations: Object.fromEntries(
      CHANNELS.map(({ id, up, retained }) => [
        `${up ? 'send' : 'receive'}-${id}`,
        {
          action: up ? 'send' : 'receive',
          channel: { $ref: `#/channels/${id}` },
          bindings: { mqtt: { qos: 1, retain: retained } },
        },
      ]),
    ),
    components: {
      parameters: {
        city: { description: 'id of the city' },
        device: { description: 'id of the box' },
        id: { description: 'id of the picture' },
        chunk: { description: 'number of the chunk, from 0' },
        command: { description: 'id of the command' },
      },
      messages: {
        ...Object.fromEntries(
          LINK.map(({ name, about }) => [name, { summary: about, payload: { $ref: `./schemas/${name}.json` } }]),
        ),
        [BATCH.name]: {
          summary: BATCH.about,
          contentType: 'application/zlib',
          payload: {
            schemaFormat: 'application/vnd.google.protobuf;version=3',
            schema: { $ref: `./schemas/${BATCH.name}.proto` },
          },
        },
      },
    },
  };
  return `# ${GENERATED}\n${stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })}`;
}

function markdown(): string {
  const lines = [
    '# The contract between a box and the centre',
    '',
    GENERATED,
    '',
    `MQTT, QoS 1; MQTT 5 is tried first and nothing depends on more than 3.1.1. A record is at most ${MAX_RECORD_BYTES} bytes of text, a message at most ${MAX_MESSAGE_BYTES} bytes. A PUBACK is not delivery: a box keeps a record until the centre's \`ack\`. The centre stores each (device, lane, epoch, seq) once, so sending again is harmless. Every message names its version \`v\` (packed ones \`version\`); unknown members are ignored.`,
    '',
    '| topic | direction | retained | what |',
    '|---|---|---|---|',
    ...CHANNELS.map(
      ({ address, up, retained, about }) =>
        `| \`${address}\` | ${up ? 'up' : 'down'} | ${retained ? 'yes' : ''} | ${about} |`,
    ),
    '',
  ];
  for (const message of MESSAGES) {
    lines.push(
      `## ${message.name}`,
      '',
      message.about,
      '',
      `JSON Schema: [\`schemas/${message.name}.json\`](schemas/${message.name}.json)`,
      '',
    );
    lines.push('| member | type | required |', '|---|---|---|', ...rows(jsonSchema(message) as Node), '');
  }
  lines.push(...batchMarkdown());
  return lines.join('\n');
}

/** All files, by their path below the documents' folder. */
function render(): Map<string, string> {
  const files = new Map([
    ['asyncapi.yaml', asyncApi()],
    ['contract.md', markdown()],
  ]);
  files.set(`schemas/${BATCH.name}.proto`, BATCH.proto);
  for (const message of MESSAGES) {
    files.set(`schemas/${message.name}.json`, `${JSON.stringify(jsonSchema(message), null, 2)}\n`);
  }
  return files;
}

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('../docs', import.meta.url)) },
  },
});
for (const [name, text] of render()) {
  const path = join(values.out, name);
  if (!values.check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (text !== read(path)) {
    process.stderr.write(`${path} is not current: run npm run docs\n`);
    process.exitCode = 1;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
