// centre: a device in its HTTP interface, described. Data only.
import { CLOCK_QUALITIES, REPORT_RESULTS, TARGET_KINDS } from '../contract/index.ts';

const maybe = (type: string, description: string) => ({ type: [type, 'null'], description });
const thing = {
  type: 'object',
  properties: {
    kind: { enum: TARGET_KINDS },
    name: { type: 'string' },
    version: { type: 'string' },
    counter: maybe('integer', 'of its publishing; null: came with the installation or its configuration'),
  },
};
const versionOf = (description: string) => ({
  type: ['object', 'null'],
  description,
  properties: { version: { type: 'string' }, counter: maybe('integer', 'as above') },
});
const result = { enum: [...REPORT_RESULTS, null] };
const keyOf = (description: string, when: 'since' | 'at') => ({
  type: ['object', 'null'],
  description,
  properties: { sha256: { type: 'string', description: 'of the key' }, [when]: { type: 'number' } },
});
export const deviceSchema = {
  type: 'object',
  properties: {
    device: { type: 'string' },
    city: { type: 'string' },
    online: { type: 'boolean', description: 'as its birth and last will say' },
    heard: { type: 'number', description: 'when anything of it came last, epoch ms' },
    version: maybe('string', 'of the program, as its birth says'),
    slot: { enum: ['a', 'b', null], description: 'null: not installed in slots, or not known' },
    wanted: {
      type: 'array',
      items: thing,
      description: 'as the device verified it; before its first report as the repository offers it, unverified',
    },
    running: { type: 'array', items: thing },
    result: { ...result, description: 'what it came to last; null: not known, then reason says why' },
    code: maybe('string', 'stable name of the reason'),
    reason: maybe('string', 'the reason in words'),
    items: {
      type: 'array',
      description: 'each thing by itself',
      items: {
        type: 'object',
        properties: {
          kind: { enum: TARGET_KINDS },
          name: { type: 'string' },
          wanted: versionOf('null: nothing'),
          running: versionOf('null: nothing, or not known'),
          result,
          code: { type: 'string' },
          reason: { type: 'string' },
          at: maybe('number', 'when it came to this result, epoch ms'),
        },
      },
    },
    report: {
      type: ['object', 'null'],
      description: 'the newest that was believed',
      properties: {
        at: { type: 'number' },
        received: { type: 'number' },
        counter: { type: 'integer' },
        clock: { enum: CLOCK_QUALITIES },
      },
    },
    versions: {
      type: ['object', 'null'],
      description: 'of the metadata it verified: root, timestamp, snapshot, targets',
    },
    fault: { type: ['object', 'null'], description: 'why it cannot fetch or verify metadata: code, what' },
    key: keyOf('pinned at its first report', 'since'),
    otherKey: keyOf('another key signed for this device; its reports are not believed', 'at'),
    refused: {
      type: ['object', 'null'],
      description: 'reports that were not believed',
      properties: { count: { type: 'integer' }, at: { type: 'number' }, why: { type: 'string' } },
    },
  },
};
