// The packed telemetry batch, for contract-docs.ts: its .proto and what must be known beside it.
import { readFileSync } from 'node:fs';
import { CLOCK_QUALITIES, COLUMNS, FLAGS, MAX_BATCH_POINTS, POINT_REASONS } from '../contract/index.ts';

/** The packed form of many telemetry points: no JSON, so a .proto stands where the others have a JSON Schema. */
export const BATCH = {
  name: 'telemetry-batch',
  about:
    'Telemetry points by column, as differences, in protobuf; the payload is that message as a zlib stream (RFC 1950).',
  proto: readFileSync(new URL('../contract/telemetry.proto', import.meta.url), 'utf8'),
} as const;
/** Its chapter of docs/contract.md. */
export function batchMarkdown(): string[] {
  const listed = (names: readonly string[]) => names.map((name, i) => `${i} ${name}`).join(', ');
  return [
    `## ${BATCH.name}`,
    '',
    BATCH.about,
    '',
    `protobuf: [\`schemas/${BATCH.name}.proto\`](schemas/${BATCH.name}.proto)`,
    '',
    `A batch holds 1 to ${MAX_BATCH_POINTS} points with consecutive sequence numbers (\`first_seq\` on) of one boot and one clock quality (${listed(CLOCK_QUALITIES)}). A box sends at most 500; where a number is missing, or boot or quality change, it begins another. A point of a running session waits about 3 s for company and longer only while the broker has not confirmed the message before. A stored text that is not the text of a point any more travels as an envelope line.`,
    '',
    'A value is the running sum of its column times the step. Bit *n* of `flags`: ' +
      `${listed(FLAGS)}. \`why\`: ${listed(POINT_REASONS)}.`,
    '',
    '| column | field | step |',
    '|---|---|---|',
    ...COLUMNS.map(([name, field, step]) => `| \`${name}\` | ${field} | ${step === 1e-7 ? '1e-7' : step} |`),
    '',
    'The centre stores each point as a record whose text is the one the box stored. A batch that it cannot read is counted; where it still says which records it holds, they are stored as rejected (the first keeps the message), so that the lane goes on. A point out of range is rejected alone.',
    '',
  ];
}
