// drivers/can: reading the text of a DBC file piece by piece. In: text. Out: words, numbers, strings. Throws DbcSyntax,
// which the reader turns into one reported fault. Never: a step back, or a regular expression over more than a token.

/** What was found instead of what must stand there. Caught within this room. */
export class DbcSyntax extends Error {}

const NEWLINE = 10;
const QUOTE = 34;
const SLASH = 47;
const BACKSLASH = 92;

/** ends a word: blanks and the format's own signs */
function endsWord(code: number): boolean {
  return code <= 32 || ':;,"()[]|@'.includes(String.fromCharCode(code));
}

export class DbcCursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** Passes over blanks, newlines and `//` remarks. */
  blank(): void {
    const { text } = this;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code <= 32 || code === 0xfeff) this.at++;
      else if (code === SLASH && text.charCodeAt(this.at + 1) === SLASH) this.toLineEnd();
      else return;
    }
  }

  /** Passes over blanks within the line. */
  blankInLine(): void {
    for (let code = this.#code(); code <= 32 && code !== NEWLINE; code = this.#code()) this.at++;
  }

  /** Goes to the newline that ends this line (or the end of the text). */
  toLineEnd(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  /** The rest of the line; the cursor then stands on its newline. */
  restOfLine(): string {
    const start = this.at;
    this.toLineEnd();
    return this.text.slice(start, this.at);
  }

  /** The sign or letter under the cursor, '' at the end. */
  peek(): string {
    this.blank();
    return this.text.charAt(this.at);
  }

  /** @param what what must stand here, for the fault's text */
  word(what: string): string {
    this.blank();
    const start = this.at;
    while (this.at < this.text.length && !endsWord(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) this.fail(what);
    return this.text.slice(start, this.at);
  }

  /** An unsigned integer up to 2^53. */
  integer(what: string): number {
    this.blank();
    const start = this.at;
    while (this.#code() >= 48 && this.#code() <= 57) this.at++;
    const value = Number(this.text.slice(start, this.at));
    if (this.at === start || !Number.isSafeInteger(value)) {
      this.at = start;
      this.fail(what);
    }
    return value;
  }

  /** Any finite number in decimal notation. */
  number(what: string): number {
    const word = this.#numberWord();
    const value = Number(word);
    if (!/^[+-]?(\d|\.\d)[\d.eE+-]*$/.test(word) || !Number.isFinite(value)) {
      this.at -= word.length;
      this.fail(what);
    }
    return value;
  }

  /** A number of the range that is only shown: what is none (`1.#INF`) is 0. */
  anyNumber(): number {
    const value = Number(this.#numberWord());
    return Number.isFinite(value) ? value : 0;
  }

  sign(sign: string): void {
    if (this.peek() !== sign) this.fail(`'${sign}'`);
    this.at++;
  }

  /** Takes the sign if it is the next. */
  takes(sign: string): boolean {
    if (this.peek() !== sign) return false;
    this.at++;
    return true;
  }

  /** A text in quotes; `\"` in it is a quote. */
  string(what: string): string {
    if (this.peek() !== '"') this.fail(`${what} in quotes`);
    const start = ++this.at;
    const { text } = this;
    let escaped = false;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) {
        const raw = text.slice(start, this.at++);
        return escaped ? raw.replaceAll('\\"', '"') : raw;
      }
      if (code === BACKSLASH && text.charCodeAt(this.at + 1) === QUOTE) {
        escaped = true;
        this.at++;
      }
    }
    this.at = start;
    return this.fail('a closing quote');
  }

  /** @throws DbcSyntax saying what was wanted and what is there */
  fail(wanted: string): never {
    const end = this.text.slice(this.at, this.at + 24).search(/[\r\n]/);
    const found = this.text.slice(this.at, this.at + (end < 0 ? 24 : end));
    throw new DbcSyntax(`expected ${wanted}, found ${found === '' ? 'the end of the line' : `'${found}'`}`);
  }

  #code(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : NEWLINE;
  }

  #numberWord(): string {
    this.blank();
    const start = this.at;
    while (this.at < this.text.length && !endsWord(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(start, this.at);
  }
}
