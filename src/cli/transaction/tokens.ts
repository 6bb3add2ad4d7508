/**
 * The words of a transaction's text. A word is what stands between spaces; a text in double quotes is one too,
 * with the escapes of JSON, and is never taken for a word of the language. An operator has spaces around it, so that
 * a value may hold one. Lines and semicolons part steps.
 */
import { UsageError } from '../verb.ts';
import { operators } from './statement.ts';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | 'end';
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const pieces = /(?<space>[ \t\r]+|#[^\n]*)|(?<end>[\n;])|(?<quoted>"(?:[^"\\\n]|\\.)*")|(?<word>[^\s;"]+)/y;

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  pieces.lastIndex = 0;
  while (pieces.lastIndex < text.length) {
    const at = pieces.lastIndex;
    const groups = pieces.exec(text)?.groups;
    if (groups === undefined) throw strange(text.slice(at, at + 20), line);
    const { end, quoted, word } = groups;
    if (end !== undefined) tokens.push({ kind: 'end', text: end, line });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: unquoted(quoted, line), line });
    else if (word !== undefined)
      tokens.push({ kind: operators.has(word) ? 'operator' : 'word', text: word, line });
    if (end === '\n') line += 1;
  }
  return tokens;
}

function unquoted(quoted: string, line: number): string {
  try {
    return JSON.parse(quoted) as string;
  } catch (cause) {
    throw new UsageError(
      `line ${line}: ${quoted} has an escape that JSON does not know; write \\" and \\\\ and \\n`,
      { cause },
    );
  }
}

function strange(rest: string, line: number): UsageError {
  return new UsageError(
    `line ${line}: the quote before ${JSON.stringify(rest.slice(1))} is not closed on its line`,
  );
}
