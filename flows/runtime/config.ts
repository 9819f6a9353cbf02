// flows/runtime: the configuration of the flows process: a YAML or JSON file, and the secrets that it names.
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { firstIssue } from '../../contract/envelope.ts';
import { KerbError, oneLine } from '../../contract/errors.ts';

export const flowsConfigSchema = z.strictObject({
  broker: z.strictObject({
    url: z.string().regex(/^mqtt:\/\/127\.0\.0\.1:\d{1,5}$/, 'the local broker is mqtt://127.0.0.1:PORT'),
    user: z.string().min(1).max(64).default('flows'),
    /** its first line is the password */
    password_file: z.string().min(1),
  }),
  /** flows.json and what Node-RED keeps beside it */
  user_dir: z.string().min(1),
  /** its first line encrypts the credentials of flows */
  secret_file: z.string().min(1),
  editor: z.strictObject({ port: z.number().int().min(0).max(65535).default(1880) }).default({ port: 1880 }),
  /** resident memory that ends the process, MB */
  memory_mb: z.number().int().min(100).max(2048).default(256),
  /** seconds that the loop may hang */
  hang_s: z.number().min(1).max(60).default(3),
  /** the ready flow (flows/ready/NAME.json) that is put in place while there is no flows.json */
  ready: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .optional(),
});

export interface FlowsConfig extends z.infer<typeof flowsConfigSchema> {
  password: string;
  secret: string;
}

/** Paths in the file are relative to it. @throws KerbError FLOWS_CONFIG, FLOWS_SECRET */
export function loadFlowsConfig(file: string): FlowsConfig {
  const remedy = 'mend the configuration of flows (docs/flows.md)';
  let value: unknown;
  try {
    if (statSync(file).size > 64 * 1024) throw new Error('is larger than 64 kB');
    value = read(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new KerbError('FLOWS_CONFIG', oneLine(error), file, remedy, { cause: error });
  }
  const parsed = flowsConfigSchema.safeParse(value);
  if (!parsed.success) throw new KerbError('FLOWS_CONFIG', firstIssue(parsed.error), file, remedy);
  const config = parsed.data;
  const at = (path: string) => resolve(dirname(file), path);
  return {
    ...config,
    user_dir: at(config.user_dir),
    password: secretOf(at(config.broker.password_file)),
    secret: secretOf(at(config.secret_file)),
  };
}

/**
 * What the program was started from, as one text: another configuration, or another password, is another program.
 * undefined: it is gone, or cannot be read.
 */
export function startedFrom(file: string): string | undefined {
  try {
    return JSON.stringify(loadFlowsConfig(file));
  } catch {
    return undefined;
  }
}

/** YAML, of which JSON is a part; its parser is loaded only for what is not JSON (3 MB, 30 ms). */
function read(text: string): unknown {
  if (text.trimStart().startsWith('{')) return JSON.parse(text);
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return parse(text, { maxAliasCount: 10 });
}

function secretOf(file: string): string {
  let line: string | undefined;
  try {
    if (statSync(file).size <= 4096) line = readFileSync(file, 'utf8').split('\n')[0]?.trim();
  } catch {
    // said below
  }
  if (!line || line.length < 8) {
    throw new KerbError('FLOWS_SECRET', 'has no first line of 8 characters or more', file, 'write the secret into it');
  }
  return line;
}
