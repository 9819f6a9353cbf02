// The one shape of an error that a person or a program outside is told: code, what, where, what to do.

/** A fault with a name. `code` is stable and UPPER_SNAKE; `message` is one line without a stack. */
export class KerbError extends Error {
  readonly code: string;
  readonly where: string;
  readonly remedy: string;

  /**
   * @param code stable name, e.g. CONFIG_UNKNOWN_KEY
   * @param what what is wrong, in plain words
   * @param where the file, field, topic or address
   * @param remedy what the reader can do about it
   */
  constructor(code: string, what: string, where: string, remedy: string, options?: ErrorOptions) {
    super(`${where}: ${what}; ${remedy}`, options);
    this.name = 'KerbError';
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}

/** The text of anything thrown, on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ').slice(0, 500);
}
