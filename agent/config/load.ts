// agent/config: YAML text -> a validated value, or one line that says what is wrong, where, and what to do.
import { readFile, stat } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { KerbError } from '../../contract/index.ts';

/** Largest configuration file that is read. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Reads a YAML file and validates it.
 * @param kind what the file is, for the message: "site", "box"
 * @throws KerbError CONFIG_MISSING, CONFIG_YAML, CONFIG_INVALID (every fault with its line)
 */
export async function loadYaml<T extends z.ZodType>(file: string, schema: T, kind: string): Promise<z.infer<T>> {
  let text: string;
  try {
    if ((await stat(file)).size > MAX_CONFIG_BYTES) {
      throw new KerbError('CONFIG_INVALID', `is larger than ${MAX_CONFIG_BYTES} bytes`, file, `give a ${kind} file`);
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof KerbError) throw error;
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'cannot be read';
    throw new KerbError('CONFIG_MISSING', why, file, `give the path of a ${kind} file`, { cause: error });
  }
  return parseYaml(text, schema, file, kind);
}

/** The same from text. @throws KerbError CONFIG_YAML, CONFIG_INVALID */
export function parseYaml<T extends z.ZodType>(text: string, schema: T, file: string, kind: string): z.infer<T> {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, maxAliasCount: 20, prettyErrors: false } as object);
  const fault = doc.errors[0];
  if (fault) {
    const at = lines.linePos(fault.pos[0]).line;
    throw new KerbError(
      'CONFIG_YAML',
      fault.message.split('\n')[0]!,
      `${file}:${at}`,
      `mend the YAML of this ${kind} file`,
    );
  }
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: 20 });
  } catch (error) {
    throw new KerbError('CONFIG_YAML', String((error as Error).message), file, `mend the YAML of this ${kind} file`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => plain(issue));
  const faults = issues.slice(0, 5).map((issue) => {
    // an unknown key is reported at its parent: name the line of the key itself
    const unknown = 'keys' in issue && Array.isArray(issue.keys) ? [String(issue.keys[0])] : [];
    const line = lineOf(doc, lines, [...issue.path, ...unknown]);
    return { line, text: `${issue.path.map(String).join('.') || 'the file'}: ${issue.message}` };
  });
  const more = issues.length - faults.length;
  const what = faults.map((f, i) => (i === 0 ? f.text : `line ${f.line}: ${f.text}`)).join('; ');
  throw new KerbError(
    'CONFIG_INVALID',
    what + (more > 0 ? `; and ${more} more` : ''),
    `${file}:${faults[0]!.line}`,
    `mend this ${kind} file (docs/configuration.md explains every key)`,
  );
}

export type Issue = { path: PropertyKey[]; message: string };

/** Of a value that may have one of several forms: the faults of the form that it resembles most. */
export function plain(issue: z.core.$ZodIssue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const forms = issue.errors.map((form) => form.flatMap((inner) => plain(inner)));
  const best = forms.find((form) => form.every((inner) => inner.path.length > 0)) ?? [];
  return best.length === 0 ? [issue] : best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The line of a path, or of its nearest ancestor that stands in the file. */
function lineOf(doc: ReturnType<typeof parseDocument>, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let n = path.length; n > 0; n--) {
    const node = doc.getIn(path.slice(0, n), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
