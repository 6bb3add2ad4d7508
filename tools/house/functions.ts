/**
 * Finds every function of a file and how many lines it takes: declarations, methods, accessors, arrows with
 * and without a block, nested ones each by itself. A body is told from any other block by what stands before
 * its brace: a parameter list, with or without a return type, that no control word claims.
 */
import type { Token } from './tokens.ts';

export interface FunctionExtent {
  /** Its name, or the name it is assigned to; `an anonymous function` otherwise. */
  readonly name: string;
  readonly firstLine: number;
  readonly lastLine: number;
  /** It is passed to `test`, `describe` or a hook: a list of steps rather than a function. */
  readonly isTestCallback: boolean;
}

const controlWords = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);
const testWords = new Set('test it describe suite before after beforeEach afterEach'.split(' '));
const typePrefixes = new Set('abstract asserts infer keyof new readonly typeof unique | & -'.split(' '));
const typeInfixes = new Set(['extends', 'is', '|', '&', '.', '?', ':']);

export function functionsOf(tokens: readonly Token[]): FunctionExtent[] {
  const found: FunctionExtent[] = [];
  /** Tokens between the parameters and the body of a function that was found: its return type, its arrow. */
  const settled = new Set<number>();
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    if (token.text === '=>' && !settled.has(index) && isWord(tokens[index - 1])) {
      found.push(extent(tokens, index - 1, index));
    }
    if (token.text !== ')' || token.partner < 0) continue;
    const bodyAt = bodyBehind(tokens, index);
    if (bodyAt === undefined || settled.has(bodyAt)) continue;
    for (let at = index; at <= bodyAt; at += 1) settled.add(at);
    found.push(extent(tokens, token.partner, bodyAt));
  }
  return found;
}

/** Whether the token at `index` is an argument of `test`, `describe` or a hook of the test runner. */
export function isArgumentOfTest(tokens: readonly Token[], index: number): boolean {
  const opener = tokens[index]?.owner ?? -1;
  return tokens[opener]?.text === '(' && testWords.has(tokens[opener - 1]?.text ?? '');
}

/** Where the body of the function starts whose parameter list ends at `close`: at its brace or its arrow. */
function bodyBehind(tokens: readonly Token[], close: number): number | undefined {
  const open = (tokens[close] as Token).partner;
  const behind = tokens[close + 1]?.text === ':' ? skipType(tokens, close + 2) : close + 1;
  const sign = tokens[behind]?.text;
  if (sign === '=>') return behind;
  return sign === '{' && !isControl(tokens, open) ? behind : undefined;
}

function extent(tokens: readonly Token[], head: number, bodyAt: number): FunctionExtent {
  const firstLine = (tokens[head] as Token).line;
  const block = tokens[bodyAt]?.text === '{' ? bodyAt : bodyAt + 1;
  const last = tokens[block]?.text === '{' ? tokens[block].partner : endOfExpression(tokens, block);
  return {
    name: nameOf(tokens, head),
    firstLine,
    lastLine: tokens[last]?.line ?? firstLine,
    isTestCallback: isArgumentOfTest(tokens, head),
  };
}

function isControl(tokens: readonly Token[], open: number): boolean {
  const before = tokens[open - 1]?.text ?? '';
  const beforeThat = tokens[open - 2]?.text ?? '';
  const isMember = beforeThat === '.' || beforeThat === '?.';
  if (before === 'await' && beforeThat === 'for') return true;
  return (controlWords.has(before) && !isMember) || beforeThat === 'extends';
}

function nameOf(tokens: readonly Token[], head: number): string {
  let at = head - 1;
  if (tokens[at]?.text === '>') at = openingAngle(tokens, at) - 1;
  if (tokens[at]?.text === 'async') at -= 1;
  const before = tokens[at];
  if (isWord(before) && before.text !== 'function') return before.text;
  const assigned = tokens[at - 1];
  const isAssigned = before?.text === '=' || before?.text === ':';
  return isAssigned && isWord(assigned) ? assigned.text : 'an anonymous function';
}

function openingAngle(tokens: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at -= 1) {
    if (tokens[at]?.text === '>') depth += 1;
    if (tokens[at]?.text === '<') depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

/** The index behind the type that starts at `start`: where a body, an arrow or something unrelated stands. */
function skipType(tokens: readonly Token[], start: number): number {
  let at = start;
  let wantsOperand = true;
  for (let token = tokens[at]; token !== undefined; token = tokens[at]) {
    const closesGroup = tokens[at - 1]?.text === ')' && at > start;
    if (wantsOperand) {
      wantsOperand = typePrefixes.has(token.text);
      at = isBracket(token) ? token.partner + 1 : at + 1;
    } else if (token.text === '<') {
      at = closingAngle(tokens, at) + 1;
    } else if (token.text === '[' || token.text === '${') {
      wantsOperand = token.text === '${';
      at = token.partner + 1;
    } else if (typeInfixes.has(token.text) || (token.text === '=>' && closesGroup)) {
      wantsOperand = true;
      at += 1;
    } else {
      return at;
    }
  }
  return at;
}

function closingAngle(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]?.text === '<') depth += 1;
    if (tokens[at]?.text === '>') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** The equals sign is here for types: `Map<string, () => void> = …`. */
const endsExpression = new Set([',', ';', '=']);

/** The last token of the expression that starts at `start`. */
function endOfExpression(tokens: readonly Token[], start: number): number {
  const owner = tokens[start]?.owner;
  let last = start;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.owner !== owner || endsExpression.has(token.text)) break;
    if (isBracket(token)) at = token.partner;
    last = at;
  }
  return last;
}

function isBracket(token: Token): boolean {
  return token.partner >= 0 && ['(', '[', '{', '${'].includes(token.text);
}

function isWord(token: Token | undefined): token is Token {
  return token?.kind === 'word';
}
