/**
 * Manners that a linter has no rule for, or lets itself be talked out of by a comment: how a file opens, what
 * it is called, what it may not export, and what never reaches the main branch.
 */
import { isArgumentOfTest } from './functions.ts';
import { scan } from './scan.ts';
import { type Finding, folderOf, isCode, type SourceFile } from './source-file.ts';
import type { Token } from './tokens.ts';

const emptyNames = new Set('util utils helper helpers common misc manager managers'.split(' '));
const openingFolders = ['src/', 'tools/', 'bench/'];
const testObjects = new Set('test it describe suite t context'.split(' '));
const testOptions = new Set(['skip', 'only', 'todo']);

export function checkManners(files: readonly SourceFile[]): Finding[] {
  const code = files.filter(({ path }) => isCode(path));
  return [...code.flatMap(checkFile), ...foldersWithoutIndex(code)];
}

function checkFile(file: SourceFile): Finding[] {
  return [...emptyName(file), ...opening(file), ...remarks(file), ...forbiddenTokens(file)];
}

/** A name that says nothing attracts everything. */
function emptyName({ path }: SourceFile): Finding[] {
  const parts = path.replace(/(\.test|\.bench)?\.ts$/, '').split('/');
  const bad = parts.find((part) => emptyNames.has(part.split('-').at(-1) ?? ''));
  if (bad === undefined) return [];
  const remedy = 'name it after the one concept it holds; when there are several, split it';
  return [{ path, line: 1, problem: `the name ${bad} says nothing`, remedy }];
}

function opening({ path, text }: SourceFile): Finding[] {
  if (!openingFolders.some((folder) => path.startsWith(folder))) return [];
  const start = text.replace(/^#![^\n]*\n/, '').trimStart();
  const paragraph = /^(?:\/\*.*?\*\/|(?:\/\/[^\n]*\n?)+)/s.exec(start)?.[0] ?? '';
  const words = paragraph.match(/\p{L}{2,}/gu) ?? [];
  if (words.length >= 5) return [];
  const remedy = 'open it with a comment: what this is, why it exists, the idea behind it';
  return [{ path, line: 1, problem: 'the file does not say what it is', remedy }];
}

function remarks(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  for (const { text, line } of scan(file).comments) {
    const mark = /\b(?:TODO|FIXME)\b/.exec(text)?.[0];
    if (mark !== undefined) {
      const remedy = 'do it now, or write an issue and leave the comment out';
      found.push({ path: file.path, line, problem: `${mark} in a comment`, remedy });
    }
    const silencer = /@ts-(?:ignore|nocheck)\b/.exec(text)?.[0];
    if (silencer === undefined) continue;
    const remedy = 'mend the type; where a test must break one on purpose, use @ts-expect-error';
    found.push({ path: file.path, line, problem: `${silencer} hides whatever else is wrong there`, remedy });
  }
  return found;
}

function forbiddenTokens(file: SourceFile): Finding[] {
  const { tokens } = scan(file);
  const isTest = file.path.startsWith('test/');
  const found: Finding[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const { kind, line } = tokens[index] as Token;
    if (kind !== 'word') continue;
    const breach = exportBreach(tokens, index) ?? anyBreach(tokens, index);
    if (breach !== undefined) found.push({ path: file.path, line, ...breach });
    if (!isTest || !isTestSwitch(tokens, index)) continue;
    found.push({
      path: file.path,
      line,
      problem: `a test is switched by \`${tokens[index]?.text}\``,
      remedy: 'every test runs everywhere: mend it, or move what needs an outside server to test:engines',
    });
  }
  return found;
}

type Breach = Pick<Finding, 'problem' | 'remedy'>;

function exportBreach(tokens: readonly Token[], index: number): Breach | undefined {
  const word = tokens[index]?.text;
  if (word === 'default' && tokens[index - 1]?.text === 'as') {
    return { problem: 'a default export', remedy: 'export it by its name' };
  }
  if (word !== 'export' || tokens[index]?.owner !== -1) return undefined;
  const next = tokens[index + 1]?.text === 'type' ? tokens[index + 2] : tokens[index + 1];
  if (next?.text === 'default') return { problem: 'a default export', remedy: 'export it by its name' };
  if (next?.text !== '*') return undefined;
  return {
    problem: '`export *`',
    remedy: 'list the names: what a room offers is a decision, not an accident',
  };
}

function anyBreach(tokens: readonly Token[], index: number): Breach | undefined {
  if (tokens[index]?.text !== 'any' || tokens[index - 1]?.text !== 'as') return undefined;
  return { problem: '`as any`', remedy: 'name the type, or take `unknown` and look before you use it' };
}

/** `test.skip(` and its kin, or `test('…', { skip: … })`. */
function isTestSwitch(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index] as Token;
  if (!testOptions.has(token.text)) return false;
  const after = tokens[index + 1]?.text ?? '';
  if (tokens[index - 1]?.text === '.') {
    return after === '(' && testObjects.has(tokens[index - 2]?.text ?? '');
  }
  return [':', ',', '}'].includes(after) && isArgumentOfTest(tokens, token.owner);
}

/** A folder that holds a program (`main.ts`) is entered by starting it and needs no index. */
function foldersWithoutIndex(code: readonly SourceFile[]): Finding[] {
  const paths = new Set(code.map(({ path }) => path));
  const folders = new Map<string, string>();
  for (const path of paths) {
    if (path.startsWith('src/') && !folders.has(folderOf(path))) folders.set(folderOf(path), path);
  }
  const found: Finding[] = [];
  for (const [folder, path] of folders) {
    if (paths.has(`${folder}/index.ts`) || paths.has(`${folder}/main.ts`)) continue;
    const remedy = 'add one that opens with what the room is and exports by name what others may use';
    found.push({ path, line: 1, problem: `${folder} has no index.ts`, remedy });
  }
  return found;
}
