// agent/cases: what a code means. The committed table comes in; names in two languages and the older code go out.
// A code that the table does not have never reaches a case: a profile that uses one is refused when it is loaded.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../../contract/index.ts';

/** The table that is part of the program. */
export const TAXONOMY_FILE = fileURLToPath(new URL('taxonomy.csv', import.meta.url));

const COLUMNS = 'scheme,kind,code,zh,en,code2013,basis,note';
/** More rows than any city's list. */
const MAX_ROWS = 10_000;

/** A kind of problem (matter) or of facility (component). */
export interface Category {
  /** five digits of GB/T 47678.5-2026; legacy and local ones look like 05-06 */
  readonly code: string;
  readonly name: { readonly zh: string; readonly en: string };
  /** the same in GB/T 30428.2-2013, e.g. 04-09; absent where there is none */
  readonly code2013?: string;
  /** how sure the older code is; see the head of taxonomy.csv */
  readonly basis: string;
}

/** The whole table. A component and the matter "that component is defective" share a code. */
export interface Taxonomy {
  readonly matters: ReadonlyMap<string, Category>;
  readonly components: ReadonlyMap<string, Category>;
}

/** Reads the table that is part of the program. @throws KerbError TAXONOMY_INVALID */
export function loadTaxonomy(file: string = TAXONOMY_FILE): Taxonomy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KerbError('TAXONOMY_INVALID', 'cannot be read', file, 'install Kerbside again', { cause: error });
  }
  return parseTaxonomy(text, file);
}

/**
 * The table from its text: lines of `scheme,kind,code,zh,en,code2013,basis,note`, without quotes; # begins a remark.
 * @throws KerbError TAXONOMY_INVALID with the line
 */
export function parseTaxonomy(text: string, file: string): Taxonomy {
  const matters = new Map<string, Category>();
  const components = new Map<string, Category>();
  let head = false;
  text.split(/\r?\n/).forEach((line, i) => {
    if (line === '' || line.startsWith('#')) return;
    const fault = (what: string) =>
      new KerbError('TAXONOMY_INVALID', what, `${file}:${i + 1}`, `write lines of ${COLUMNS}, without quotes`);
    if (!head) {
      if (line !== COLUMNS) throw fault('is not the head of a taxonomy');
      head = true;
      return;
    }
    const fields = line.split(',');
    const [, kind, code = '', zh = '', en = '', code2013 = '', basis = ''] = fields;
    if (fields.length !== 8) throw fault(`has ${fields.length} fields, not 8`);
    if (kind !== 'matter' && kind !== 'component') throw fault(`"${kind}" is neither matter nor component`);
    if (!/^(\d{5}|\d{2}-\d{2})$/.test(code)) throw fault(`"${code}" is no code`);
    if (code2013 !== '' && !/^\d{2}-\d{2}$/.test(code2013)) throw fault(`"${code2013}" is no code of 2013`);
    if (zh === '' || en === '' || zh.length > 200 || en.length > 200) throw fault('lacks a name');
    const map = kind === 'matter' ? matters : components;
    if (map.has(code)) throw fault(`${kind} ${code} stands twice`);
    if (map.size >= MAX_ROWS) throw fault(`has more than ${MAX_ROWS} rows`);
    map.set(code, { code, name: { zh, en }, ...(code2013 === '' ? {} : { code2013 }), basis });
  });
  if (matters.size === 0) throw new KerbError('TAXONOMY_INVALID', 'has no matters', file, `write lines of ${COLUMNS}`);
  return { matters, components };
}

/**
 * Refuses a profile that uses a code which is no matter of the table: called when a site is loaded.
 * @param where the site or profile file, for the message
 * @throws KerbError PROFILE_CODE_UNKNOWN
 */
export function checkCodes(
  taxonomy: Taxonomy,
  profile: { readonly rules: readonly { readonly id: string; readonly code: string }[] },
  where: string,
): void {
  for (const rule of profile.rules) {
    if (taxonomy.matters.has(rule.code)) continue;
    const what = `rule "${rule.id}": there is no matter ${rule.code}`;
    throw new KerbError('PROFILE_CODE_UNKNOWN', what, where, 'use a five-digit code of GB/T 47678.5-2026');
  }
}
