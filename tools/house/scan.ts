/** What the rules want to know about one file, read once and remembered as long as the file is. */
import { type FunctionExtent, functionsOf } from './functions.ts';
import { type Import, importsOf } from './imports.ts';
import type { SourceFile } from './source-file.ts';
import { type Comment, type Token, tokenize } from './tokens.ts';

export interface Scan {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionExtent[];
}

const scans = new WeakMap<SourceFile, Scan>();

export function scan(file: SourceFile): Scan {
  const known = scans.get(file);
  if (known !== undefined) return known;
  const { tokens, comments } = tokenize(file.text);
  const made = { tokens, comments, imports: importsOf(tokens), functions: functionsOf(tokens) };
  scans.set(file, made);
  return made;
}
