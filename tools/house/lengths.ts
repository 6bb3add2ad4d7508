/**
 * How long a file and a function may be. A long file holds a second concept that has no name yet; a long
 * function hides its steps. Callbacks of `test` and `describe` are lists of steps and may be long; the files
 * they stand in may not.
 */
import { type LongFile, longFiles } from './long-files.ts';
import { scan } from './scan.ts';
import { type Finding, isCode, type SourceFile } from './source-file.ts';

const fileLinesWithReason = 400;
const fileLinesMax = 600;
const functionLinesMax = 70;

export function checkLengths(
  files: readonly SourceFile[],
  agreed: readonly LongFile[] = longFiles,
): Finding[] {
  const code = files.filter(({ path }) => isCode(path));
  return [
    ...code.flatMap((file) => [...checkFile(file, agreed), ...checkFunctions(file)]),
    ...staleRows(code, agreed),
  ];
}

function checkFile(file: SourceFile, agreed: readonly LongFile[]): Finding[] {
  const lines = lineCount(file.text);
  if (lines > fileLinesMax) {
    return [
      {
        path: file.path,
        line: fileLinesMax + 1,
        problem: `${lines} lines; a file ends at ${fileLinesMax}`,
        remedy: 'split it: find the second concept in it, name it, and give it a file of its own',
      },
    ];
  }
  const isAgreed = agreed.some(({ path, why }) => path === file.path && why.trim() !== '');
  if (lines <= fileLinesWithReason || isAgreed) return [];
  return [
    {
      path: file.path,
      line: fileLinesWithReason + 1,
      problem: `${lines} lines; above ${fileLinesWithReason} a file states its reason`,
      remedy: 'split it, or add a row with the reason to tools/house/long-files.ts',
    },
  ];
}

function checkFunctions(file: SourceFile): Finding[] {
  const isTest = file.path.startsWith('test/');
  const found: Finding[] = [];
  for (const { name, firstLine, lastLine, isTestCallback } of scan(file).functions) {
    const lines = lastLine - firstLine + 1;
    if (lines <= functionLinesMax || (isTest && isTestCallback)) continue;
    found.push({
      path: file.path,
      line: firstLine,
      problem: `${name} has ${lines} lines; a function ends at ${functionLinesMax}`,
      remedy: 'keep the branching here and give each branch or loop body a named function of its own',
    });
  }
  return found;
}

function staleRows(code: readonly SourceFile[], agreed: readonly LongFile[]): Finding[] {
  const long = new Set<string>();
  for (const { path, text } of code) {
    if (lineCount(text) > fileLinesWithReason) long.add(path);
  }
  return agreed
    .filter(({ path }) => !long.has(path))
    .map(({ path }) => ({
      path: 'tools/house/long-files.ts',
      line: 1,
      problem: `${path} has a row, and it is gone or no longer above ${fileLinesWithReason} lines`,
      remedy: 'remove the row',
    }));
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
