/**
 * Cuts TypeScript into tokens: enough to find imports, brackets, names and comments with certainty, and no
 * more. A search by regular expression is fooled by the first string that contains an import or the first
 * comment that contains a brace; a full parser is a dependency and a hundred times the work. What is left to
 * judge by context is one thing only: whether a slash divides or opens a regular expression.
 */

type TokenKind = 'word' | 'mark' | 'text' | 'template' | 'number' | 'regex';

export interface Token {
  readonly kind: TokenKind;
  /** As written; a `text` without its quotes. */
  readonly text: string;
  readonly line: number;
  /** The index of the bracket that encloses this token; -1 at the top. */
  readonly owner: number;
  /** For a bracket: the index of the one that closes or opens it; -1 for none. */
  partner: number;
}

export interface Comment {
  readonly text: string;
  readonly line: number;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

const space = /\s+/y;
const comment = /\/\/[^\n]*|\/\*.*?(?:\*\/|$)/sy;
const word = /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const text = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/sy;
const number = /\.?\d(?:[eE][+-](?=\d)|[\w.])*/y;
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const templateChunk = /(?:[^`\\$]|\\.|\$(?!\{))*/sy;
const mark = /=>|[=!]==?|[<>]=|\.\.\.|\?\.(?!\d)|\+\+|--|./sy;

const opensRegexAfter = new Set(
  'await case delete do else in instanceof new of return throw typeof void yield'.split(' '),
);

export function tokenize(source: string): Tokens {
  return new Tokenizer(source).run();
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  readonly #comments: Comment[] = [];
  /** Indexes of the brackets that are open. */
  readonly #open: number[] = [];
  #offset = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Tokens {
    if (this.#source.startsWith('#!')) this.#offset = endOfLine(this.#source);
    while (this.#offset < this.#source.length) this.#next();
    return { tokens: this.#tokens, comments: this.#comments };
  }

  #next(): void {
    if (this.#take(space) !== undefined) return;
    const line = this.#line;
    const remark = this.#take(comment);
    if (remark !== undefined) {
      this.#comments.push({ text: remark, line });
      return;
    }
    const name = this.#take(word);
    if (name !== undefined) return this.#push('word', name, line);
    const quoted = this.#take(text);
    if (quoted !== undefined) return this.#push('text', quoted.slice(1, -1), line);
    const digits = this.#take(number);
    if (digits !== undefined) return this.#push('number', digits, line);
    if (this.#slashOpensRegex()) {
      const pattern = this.#take(regex);
      if (pattern !== undefined) return this.#push('regex', pattern, line);
    }
    this.#takeMark(line);
  }

  #takeMark(line: number): void {
    const sign = this.#take(mark) ?? '';
    if (sign === '`') return this.#takeTemplate(line);
    if (sign === '(' || sign === '[' || sign === '{') return this.#openBracket(sign, line);
    if (sign !== ')' && sign !== ']' && sign !== '}') return this.#push('mark', sign, line);
    const opener = this.#open.pop();
    const index = this.#tokens.length;
    this.#push('mark', sign, line);
    if (opener === undefined) return;
    const opening = this.#tokens[opener] as Token;
    opening.partner = index;
    (this.#tokens[index] as Token).partner = opener;
    if (opening.text === '${') this.#takeTemplate(this.#line);
  }

  /** From behind the opening backquote, or behind the brace that ends a substitution. */
  #takeTemplate(line: number): void {
    this.#push('template', this.#take(templateChunk) ?? '', line);
    if (this.#source[this.#offset] === '`') {
      this.#offset += 1;
    } else if (this.#source.startsWith('${', this.#offset)) {
      this.#offset += 2;
      this.#openBracket('${', this.#line);
    }
  }

  #openBracket(sign: string, line: number): void {
    this.#push('mark', sign, line);
    this.#open.push(this.#tokens.length - 1);
  }

  #push(kind: TokenKind, written: string, line: number): void {
    this.#tokens.push({ kind, text: written, line, owner: this.#open.at(-1) ?? -1, partner: -1 });
  }

  #slashOpensRegex(): boolean {
    if (this.#source[this.#offset] !== '/') return false;
    const before = this.#tokens.at(-1);
    if (before === undefined) return true;
    if (before.kind === 'word') return opensRegexAfter.has(before.text);
    return before.kind === 'mark' && ![')', ']', '}', '++', '--'].includes(before.text);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#source)?.[0];
    if (found === undefined) return undefined;
    this.#offset += found.length;
    for (let at = found.indexOf('\n'); at >= 0; at = found.indexOf('\n', at + 1)) this.#line += 1;
    return found;
  }
}

function endOfLine(source: string): number {
  const end = source.indexOf('\n');
  return end < 0 ? source.length : end;
}
