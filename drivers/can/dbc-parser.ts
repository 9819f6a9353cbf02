// drivers/can: the entries of a DBC file, one by one. In: text. Out: what each entry says, unconnected, and the faults.
// Never: an exception for a faulty entry (it is reported with its line and skipped), or a fault that takes the next
// entry with it: after one, reading goes on at the next line that begins with a word of the format.
import { DbcCursor, DbcSyntax } from './dbc-cursor.ts';
import type { DbcFaults, RawDbc, RawMessage } from './dbc-entries.ts';

const KEYWORDS = new Set(
  `VERSION NS_ BS_ BU_ VAL_TABLE_ BO_ SG_ BO_TX_BU_ EV_ ENVVAR_DATA_ EV_DATA_ SGTYPE_ SGTYPE_VAL_ CM_ BA_DEF_
  BA_DEF_REL_ BA_DEF_SGTYPE_ BA_ BA_REL_ BA_SGTYPE_ BA_DEF_DEF_ BA_DEF_DEF_REL_ VAL_ CAT_DEF_ CAT_ FILTER
  SIG_TYPE_REF_ SIG_GROUP_ SIG_VALTYPE_ SIGTYPE_VALTYPE_ SG_MUL_VAL_ BU_SG_REL_ BU_EV_REL_ BU_BO_REL_`.split(/\s+/),
);

/** Reads the entries of a DBC file. */
export function parseDbc(text: string, faults: DbcFaults): RawDbc {
  return new Parser(text, faults).run();
}

class Parser {
  readonly #cursor: DbcCursor;
  readonly #faults: DbcFaults;
  readonly #out: RawDbc = {
    entries: 0,
    messages: [],
    valueTables: new Map(),
    texts: [],
    floats: [],
    multiplexes: [],
    longMessages: [],
    longSignals: [],
    formats: [],
    formatLabels: [],
    formatDefault: undefined,
  };
  /** the message that SG_ entries belong to; null after a faulty one, whose signals are part of that fault */
  #message: RawMessage | null | undefined;
  #line = 1;
  #counted = 0;

  constructor(text: string, faults: DbcFaults) {
    this.#cursor = new DbcCursor(text);
    this.#faults = faults;
  }

  run(): RawDbc {
    const cursor = this.#cursor;
    for (cursor.blank(); !cursor.done; cursor.blank()) {
      const start = cursor.at;
      this.#countTo(start);
      try {
        this.#entry();
        this.#out.entries++;
      } catch (error) {
        if (!(error instanceof DbcSyntax)) throw error;
        this.#faults.add(this.#line, error.message);
        cursor.at = start;
        this.#recover();
      }
    }
    return this.#out;
  }

  /** keeps #line the line of an offset that only ever grows */
  #countTo(offset: number): void {
    const { text } = this.#cursor;
    for (let at = text.indexOf('\n', this.#counted); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
      this.#line++;
      this.#counted = at + 1;
    }
  }

  #recover(): void {
    const cursor = this.#cursor;
    for (cursor.toLineEnd(); !cursor.done; cursor.toLineEnd()) {
      cursor.at++;
      cursor.blankInLine();
      if (this.#atKeyword()) return;
    }
  }

  #atKeyword(): boolean {
    const { text, at } = this.#cursor;
    const word = /^[A-Z_]+/.exec(text.slice(at, at + 20));
    return word !== null && KEYWORDS.has(word[0]) && !/\w/.test(text.charAt(at + word[0].length));
  }

  #entry(): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const keyword = cursor.word('an entry');
    if (!KEYWORDS.has(keyword)) {
      cursor.at = start;
      cursor.fail('an entry of a DBC file');
    }
    if (keyword === 'SG_') {
      this.#signal();
      return;
    }
    if (keyword === 'BO_') {
      this.#messageEntry();
      return;
    }
    this.#message = undefined;
    switch (keyword) {
      case 'VERSION':
      case 'BS_':
        cursor.toLineEnd();
        return;
      case 'NS_':
        this.#wordLines(/[ \t]*(?:[A-Z][A-Z0-9_]*)?[ \t\r]*\n/y, true);
        return;
      case 'BU_':
        this.#wordLines(/[ \t]+\w[\w \t]*\r?\n/y, false);
        return;
      case 'VAL_':
        this.#valueTexts();
        return;
      case 'VAL_TABLE_': {
        const name = cursor.word('the name of a value table');
        this.#out.valueTables.set(name, this.#texts());
        return;
      }
      case 'SIG_VALTYPE_': {
        const message = cursor.integer('a message id');
        const signal = cursor.word('a signal');
        cursor.takes(':');
        const value = cursor.integer('0, 1 (float) or 2 (double)');
        cursor.sign(';');
        this.#out.floats.push({ line: this.#line, message, signal, value });
        return;
      }
      case 'SG_MUL_VAL_':
        this.#multiplex();
        return;
      case 'BA_':
        this.#attribute();
        return;
      case 'BA_DEF_':
        this.#attributeDefinition();
        return;
      case 'BA_DEF_DEF_': {
        const name = cursor.string('an attribute');
        if (name === 'VFrameFormat') this.#out.formatDefault = this.#attributeValue();
        this.#toSemicolon();
        return;
      }
      default:
        this.#toSemicolon();
        return;
    }
  }

  /** Passes over the rest of this line and following lines of single words: NS_'s and BU_'s lists. */
  #wordLines(line: RegExp, keywordsToo: boolean): void {
    const cursor = this.#cursor;
    cursor.toLineEnd();
    cursor.at++;
    for (line.lastIndex = cursor.at; line.test(cursor.text); cursor.at = line.lastIndex) {
      if (keywordsToo) continue;
      cursor.blankInLine();
      if (this.#atKeyword()) return;
    }
  }

  #messageEntry(): void {
    const cursor = this.#cursor;
    this.#message = null;
    const id = cursor.integer('a message id');
    const name = cursor.word("the message's name");
    cursor.sign(':');
    const size = cursor.integer('the number of bytes');
    const sender = cursor.restOfLine().trim();
    const flagged = id >= 0x80000000;
    const plain = flagged ? id - 0x80000000 : id;
    // the place where editors keep signals that belong to no message
    if (id === 0xc0000000) return;
    if (id > 0xffffffff || plain > (flagged ? 0x1fffffff : 0x7ff)) {
      throw new DbcSyntax(`message ${name}: ${id} is no ${flagged ? '29' : '11'}-bit identifier`);
    }
    this.#message = { line: this.#line, id, name, size, sender, signals: [] };
    this.#out.messages.push(this.#message);
  }

  #signal(): void {
    const cursor = this.#cursor;
    if (this.#message === undefined) throw new DbcSyntax('a signal (SG_) outside of a message');
    const name = cursor.word("the signal's name");
    let multiplex = '';
    if (cursor.peek() !== ':') {
      multiplex = cursor.word("':'");
      if (!/^(M|m\d{1,15}M?)$/.test(multiplex))
        throw new DbcSyntax(`signal ${name}: '${multiplex}' is not M, m<n> or m<n>M`);
    }
    cursor.sign(':');
    const start = cursor.integer('the start bit');
    cursor.sign('|');
    const length = cursor.integer('the number of bits');
    cursor.sign('@');
    const order = cursor.peek();
    if (order !== '0' && order !== '1') cursor.fail('0 (Motorola) or 1 (Intel)');
    cursor.at++;
    const sign = cursor.peek();
    if (sign !== '+' && sign !== '-') cursor.fail("'+' or '-'");
    cursor.at++;
    cursor.sign('(');
    const factor = cursor.number('the factor');
    cursor.sign(',');
    const offset = cursor.number('the offset');
    cursor.sign(')');
    cursor.sign('[');
    const min = cursor.anyNumber();
    cursor.sign('|');
    const max = cursor.anyNumber();
    cursor.sign(']');
    const unit = cursor.string('the unit');
    if (unit.includes('\n')) throw new DbcSyntax(`signal ${name}: the unit's closing quote is missing`);
    // receivers are of no use here; a list may go on on the next line after a comma
    while (cursor.restOfLine().trimEnd().endsWith(',') && !cursor.done) cursor.at++;
    if (this.#message === null) return;
    this.#message.signals.push({
      line: this.#line,
      name,
      multiplex,
      start,
      length,
      motorola: order === '0',
      signed: sign === '-',
      factor,
      offset,
      min,
      max,
      unit,
    });
  }

  #valueTexts(): void {
    const cursor = this.#cursor;
    // of an environment variable: no id in front of the name
    if (!/\d/.test(cursor.peek())) {
      this.#toSemicolon();
      return;
    }
    const message = cursor.integer('a message id');
    const signal = cursor.word('a signal');
    this.#out.texts.push({ line: this.#line, message, signal, value: this.#texts() });
  }

  #texts(): Map<number, string> {
    const cursor = this.#cursor;
    const texts = new Map<number, string>();
    while (!cursor.takes(';')) {
      const value = cursor.number("a value or ';'");
      texts.set(value, cursor.string(`the text of ${value}`));
    }
    return texts;
  }

  #multiplex(): void {
    const cursor = this.#cursor;
    const message = cursor.integer('a message id');
    const signal = cursor.word('a signal');
    const by = cursor.word('a multiplexor signal');
    const ranges: [number, number][] = [];
    do {
      const match = /^(\d{1,15})-(\d{1,15})$/.exec(cursor.word('a range from-to'));
      if (match === null || Number(match[1]) > Number(match[2])) {
        throw new DbcSyntax(`signal ${signal}: multiplexor values must be ranges from-to`);
      }
      ranges.push([Number(match[1]), Number(match[2])]);
    } while (cursor.takes(','));
    cursor.sign(';');
    this.#out.multiplexes.push({ line: this.#line, message, signal, value: { by, ranges } });
  }

  #attribute(): void {
    const cursor = this.#cursor;
    const name = cursor.string('an attribute');
    const long = name === 'SystemMessageLongSymbol' ? 'BO_' : name === 'SystemSignalLongSymbol' ? 'SG_' : null;
    if (long === null && name !== 'VFrameFormat') {
      this.#toSemicolon();
      return;
    }
    const target = cursor.peek() === '"' ? '' : cursor.word('BO_ or SG_');
    if (target !== (long ?? 'BO_')) {
      this.#toSemicolon();
      return;
    }
    const message = cursor.integer('a message id');
    const signal = target === 'SG_' ? cursor.word('a signal') : '';
    if (long === null) {
      this.#out.formats.push({ line: this.#line, message, signal, value: this.#attributeValue() });
    } else {
      const value = cursor.string('the long name');
      if (value !== '')
        (long === 'BO_' ? this.#out.longMessages : this.#out.longSignals).push({
          line: this.#line,
          message,
          signal,
          value,
        });
    }
    cursor.sign(';');
  }

  #attributeValue(): string | number {
    const cursor = this.#cursor;
    return cursor.peek() === '"' ? cursor.string('a value') : cursor.number('a value');
  }

  #attributeDefinition(): void {
    const cursor = this.#cursor;
    if (cursor.peek() !== '"') cursor.word('a kind of object');
    const name = cursor.string('an attribute');
    if (name === 'VFrameFormat' && cursor.word('a type') === 'ENUM') {
      const labels: string[] = [];
      do labels.push(cursor.string('a label'));
      while (cursor.takes(','));
      this.#out.formatLabels = labels;
    }
    this.#toSemicolon();
  }

  /** Passes over the rest of an entry that is of no use here. */
  #toSemicolon(): void {
    const cursor = this.#cursor;
    const { text } = cursor;
    while (cursor.at < text.length) {
      const sign = text.charAt(cursor.at);
      if (sign === '"') {
        cursor.string('a text');
        continue;
      }
      cursor.at++;
      if (sign === ';') return;
      if (sign === '\n') {
        cursor.blankInLine();
        if (this.#atKeyword()) throw new DbcSyntax("no ';' at the end of the entry");
      }
    }
    throw new DbcSyntax("no ';' at the end of the entry");
  }
}
