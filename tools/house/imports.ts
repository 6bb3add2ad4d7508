/**
 * Reads from tokens which files a file leans on: static and dynamic imports, re-exports, `import type` and
 * `import('…')` in types.
 */
import { folderOf } from './source-file.ts';
import type { Token } from './tokens.ts';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Nothing of it is left when the types are stripped. */
  readonly typeOnly: boolean;
}

export function importsOf(tokens: readonly Token[]): Import[] {
  const found: Import[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') continue;
    if (token.text === 'import') pushDefined(found, importAt(tokens, index));
    if (token.text === 'export' && token.owner === -1) pushDefined(found, reExportAt(tokens, index));
  }
  return found;
}

/** The path that a relative specifier means, seen from `path`; undefined for a package. */
export function resolveImport(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const parts = folderOf(path).split('/');
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function importAt(tokens: readonly Token[], index: number): Import | undefined {
  const { line } = tokens[index] as Token;
  const next = tokens[index + 1];
  if (next?.text === '.') return undefined;
  if (next?.kind === 'text') return { specifier: next.text, line, typeOnly: false };
  if (next?.text === '(') {
    const argument = tokens[index + 2];
    const isLiteral = argument?.kind === 'text' || argument?.kind === 'template';
    return isLiteral ? { specifier: argument.text, line, typeOnly: false } : undefined;
  }
  return clauseAt(tokens, index);
}

function reExportAt(tokens: readonly Token[], index: number): Import | undefined {
  const first = index + (tokens[index + 1]?.text === 'type' ? 2 : 1);
  const opener = tokens[first]?.text;
  return opener === '{' || opener === '*' ? clauseAt(tokens, index) : undefined;
}

/** `import x, { type y } from 'z'` or `export { y } from 'z'`, from its first word on. */
function clauseAt(tokens: readonly Token[], index: number): Import | undefined {
  let braceAt = -1;
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.text === '{') {
      braceAt = at;
      at = token.partner < 0 ? tokens.length : token.partner;
      const from = tokens[at + 1];
      if (from?.text !== 'from') return undefined;
    } else if (token.text === 'from' && tokens[at + 1]?.kind === 'text') {
      const { line } = tokens[index] as Token;
      const typeOnly = isTypeOnly(tokens, index, braceAt);
      return { specifier: (tokens[at + 1] as Token).text, line, typeOnly };
    }
  }
  return undefined;
}

function isTypeOnly(tokens: readonly Token[], index: number, braceAt: number): boolean {
  const second = tokens[index + 1]?.text;
  if (second === 'type' && tokens[index + 2]?.text !== 'from' && tokens[index + 2]?.text !== ',') return true;
  if (braceAt !== index + 1) return false;
  const end = (tokens[braceAt] as Token).partner;
  for (let at = braceAt + 1; at < end; at += 1) {
    const startsName = at === braceAt + 1 || tokens[at - 1]?.text === ',';
    if (startsName && !(tokens[at]?.text === 'type' && tokens[at + 1]?.kind === 'word')) return false;
  }
  return true;
}

function pushDefined(found: Import[], candidate: Import | undefined): void {
  if (candidate !== undefined) found.push(candidate);
}
