/**
 * The language of transactions, as one reads it:
 *
 *     transaction = [ "holding" key token { "and" key token } ]
 *                   [ "when" condition { "and" condition } ]
 *                   [ "then" step { separator step } ]
 *                   [ "else" step { separator step } ]
 *     condition   = "exists" keys | "absent" keys | "live" lease
 *                 | field keys operator operand
 *     field       = "value" | "version" | "created" | "modified" | "lease"
 *     operator    = "=" | "!=" | "<" | ">"
 *     step        = "put" key value [ "lease" number ] | "get" keys | "del" keys
 *                 | "append" prefix value [ "suffix" text ] [ "lease" number ]
 *                 | "add" key integer [ "least" integer ] [ "most" integer ] [ "lease" number ]
 *     keys        = key | "prefix" key
 *     separator   = end of line | ";"
 *
 * A word in double quotes is a key or a value, whatever it says. Line ends and semicolons may stand between any
 * two parts; between two steps one has to.
 */
import type { Condition, TransactionOperation } from '../../client/index.ts';
import { UsageError } from '../verb.ts';
import {
  addStep,
  appendStep,
  type Keys,
  numberFieldOf,
  numberTargets,
  type Operator,
  operators,
  putStep,
  type Statement,
} from './statement.ts';
import { type Token, tokensOf } from './tokens.ts';

const clauses = ['holding', 'when', 'then', 'else'];

export function parseStatement(text: string): Statement {
  const reader = new StatementReader(tokensOf(text));
  const fences = reader.takesWord('holding') ? reader.list(() => reader.hold()) : [];
  const when = reader.takesWord('when') ? reader.list(() => reader.condition()) : [];
  const onSuccess = reader.takesWord('then') ? reader.steps() : [];
  const onFailure = reader.takesWord('else') ? reader.steps() : [];
  reader.end();
  return { request: { when, onSuccess, onFailure }, fences };
}

class StatementReader {
  readonly #tokens: readonly Token[];
  #place = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#skipEnds();
  }

  /** One or more, with `and` between them. */
  list<T>(read: () => T): T[] {
    const list = [read()];
    while (this.takesWord('and')) list.push(read());
    return list;
  }

  /** Up to the next clause, or the end. */
  steps(): TransactionOperation[] {
    const steps: TransactionOperation[] = [];
    while (true) {
      this.#skipEnds();
      if (this.#peek() === undefined || this.#isClause()) return steps;
      steps.push(this.#step());
      const next = this.#peek();
      if (next !== undefined && next.kind !== 'end' && !this.#isClause())
        throw this.#wanted("a line end or ';' behind this step");
    }
  }

  hold(): { readonly key: string; readonly token: number } {
    return { key: this.#text('a key'), token: this.#number('its token') };
  }

  condition(): Condition {
    this.#skipEnds();
    const kind = this.#word('a condition: exists, absent, live, value, version, created, modified or lease');
    if (kind === 'exists' || kind === 'absent') return { target: kind, keys: this.#keys() };
    if (kind === 'live') return { target: 'lease-live', lease: this.#number('the number of a lease') };
    const field = numberFieldOf(kind);
    if (kind !== 'value' && field === undefined) throw this.#strange(kind, 'a condition');
    const keys = this.#keys();
    const operator = this.#operator();
    if (field === undefined) return { target: 'value', keys, operator, value: this.#text('a value') };
    return { target: numberTargets[field], keys, operator, number: this.#number('a whole number') };
  }

  /** Whether the next word is this one of the language; then it is taken. */
  takesWord(word: string): boolean {
    let place = this.#place;
    while (this.#tokens[place]?.kind === 'end') place += 1;
    const token = this.#tokens[place];
    if (token?.kind !== 'word' || token.text !== word) return false;
    this.#place = place + 1;
    return true;
  }

  end(): void {
    this.#skipEnds();
    if (this.#peek() !== undefined) throw this.#wanted(`${clauses.join(', ')} in this order, each once`);
  }

  #step(): TransactionOperation {
    const kind = this.#word('a step: put, get, del, append or add');
    switch (kind) {
      case 'get':
        return { kind, keys: this.#keys() };
      case 'del':
        return { kind: 'delete', keys: this.#keys() };
      case 'put':
        return putStep({ key: this.#text('a key'), value: this.#text('a value'), lease: this.#lease() });
      case 'append':
        return this.#append();
      case 'add':
        return this.#add();
      default:
        throw this.#strange(kind, 'a step');
    }
  }

  #append(): TransactionOperation {
    const prefix = this.#text('a prefix', true);
    const value = this.#text('a value');
    const suffix = this.#option('suffix', () => this.#text('a suffix', true));
    return appendStep({ prefix, value, suffix, lease: this.#lease() });
  }

  #add(): TransactionOperation {
    const key = this.#text('a key');
    const amount = this.#number('an amount', true);
    const least = this.#option('least', () => this.#number('the least sum', true));
    const most = this.#option('most', () => this.#number('the most', true));
    return addStep({ key, amount, least, most, lease: this.#lease() });
  }

  #lease(): number | undefined {
    return this.#option('lease', () => this.#number('the number of a lease'));
  }

  /** What stands behind this word; undefined where the word does not stand here. */
  #option<T>(word: string, read: () => T): T | undefined {
    const next = this.#peek();
    if (next?.kind !== 'word' || next.text !== word) return undefined;
    this.#place += 1;
    return read();
  }

  #keys(): Keys {
    const next = this.#peek();
    if (next?.kind !== 'word' || next.text !== 'prefix') return this.#text('a key');
    this.#place += 1;
    return { prefix: this.#text('a prefix', true) };
  }

  #operator(): Operator {
    const token = this.#peek();
    const operator = token?.kind === 'operator' ? operators.get(token.text) : undefined;
    if (operator === undefined) throw this.#wanted('an operator with spaces around it: =, !=, < or >');
    this.#place += 1;
    return operator;
  }

  #number(what: string, mayBeBelow0 = false): number {
    const text = this.#text(what);
    const number = Number(text);
    const form = mayBeBelow0 ? /^-?\d+$/ : /^\d+$/;
    if (form.test(text) && Number.isSafeInteger(number)) return number;
    this.#place -= 1;
    throw this.#wanted(what);
  }

  /** A key or a value. */
  #text(what: string, mayBeEmpty = what === 'a value'): string {
    const token = this.#peek();
    if (token === undefined || token.kind === 'end') throw this.#wanted(what);
    if (token.text === '' && !mayBeEmpty) throw this.#wanted(`${what} of at least one byte`);
    this.#place += 1;
    return token.text;
  }

  #word(what: string): string {
    const token = this.#peek();
    if (token?.kind !== 'word') throw this.#wanted(what);
    this.#place += 1;
    return token.text;
  }

  #isClause(): boolean {
    const token = this.#peek();
    return token?.kind === 'word' && clauses.includes(token.text);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#place];
  }

  #skipEnds(): void {
    while (this.#peek()?.kind === 'end') this.#place += 1;
  }

  #strange(word: string, what: string): UsageError {
    this.#place -= 1;
    return this.#wanted(`${what}, which ${JSON.stringify(word)} is not`);
  }

  #wanted(what: string): UsageError {
    const token = this.#peek() ?? this.#tokens.at(-1);
    const found = this.#peek();
    const shown =
      found === undefined ? 'the end' : found.text === '\n' ? 'a line end' : JSON.stringify(found.text);
    return new UsageError(
      `line ${token?.line ?? 1} of the transaction: expected ${what}, but found ${shown}`,
    );
  }
}
