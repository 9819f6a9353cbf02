// flows/runtime: looks at flows.json before Node-RED does. A file that is no flow file is put aside and named; the
// runtime starts all the same, with no flows.
import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KerbError, oneLine } from '../../contract/errors.ts';

/** Largest flow file. */
export const MAX_FLOWS_BYTES = 5 * 1024 * 1024;

/** Node-RED's own reading: what it stores is an array of nodes with id and type. @throws KerbError FLOWS_FILE */
export function checkFlows(file: string): void {
  const bad = (what: string) =>
    new KerbError('FLOWS_FILE', what, file, 'it was put aside as flows.refused.json; deploy the flow anew');
  if (statSync(file).size > MAX_FLOWS_BYTES) throw bad(`is larger than ${MAX_FLOWS_BYTES} bytes`);
  const text = readFileSync(file, 'utf8');
  if (text.trim() === '') return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(`is not JSON (${oneLine(error).slice(0, 100)})`);
  }
  if (!Array.isArray(value)) throw bad('is not a list of nodes');
  for (const node of value as unknown[]) {
    const { id, type } = (node ?? {}) as { id?: unknown; type?: unknown };
    if (typeof id !== 'string' || typeof type !== 'string') throw bad('holds a node without id or type');
  }
}

/**
 * Puts a ready flow in place where there is no flow file, and a bad flow file aside.
 * @param ready name of a flow in `readyDir`
 * @returns what was wrong
 */
export function preflight(userDir: string, readyDir: string, ready: string | undefined): KerbError[] {
  const file = join(userDir, 'flows.json');
  const faults: KerbError[] = [];
  if (!existsSync(file) && ready !== undefined) {
    const from = join(readyDir, `${ready}.json`);
    if (existsSync(from)) copyFileSync(from, file);
    else faults.push(new KerbError('FLOWS_READY', 'no ready flow has this name', ready, 'name one of flows/ready'));
  }
  if (!existsSync(file)) return faults;
  try {
    checkFlows(file);
  } catch (error) {
    renameSync(file, join(userDir, 'flows.refused.json'));
    faults.push(
      error instanceof KerbError
        ? error
        : new KerbError('FLOWS_FILE', oneLine(error), file, 'deploy the flow anew', { cause: error }),
    );
  }
  return faults;
}
