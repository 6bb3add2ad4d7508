/**
 * The programs in our documents: taken out, compiled against the built package as a user's compiler would
 * see it, and run. Each ```ts block is a program of its own; ```ts continued goes on with the one before
 * it in the same document; a block ```text output right behind a program is what it must print.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fencesOf } from './markdown.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Program {
  readonly document: string;
  /** The line of the document on which the program begins. */
  readonly line: number;
  /** The text on the same lines as in the document, so that compilers and stacks name the right ones. */
  readonly text: string;
  /** What the program must print, where the document says so. */
  readonly output?: string;
}

/** Languages that a fence may name. Others, and none, are refused: such a block would be checked by nobody. */
const languages = ['ts', 'sh', 'text', 'json', 'yaml', 'ini'];

export function programsOf(document: string, markdown: string): Program[] {
  const programs: Program[] = [];
  for (const { language, marks, line, text } of fencesOf(markdown)) {
    const kind = [language, ...marks].join(' ');
    const before = programs.at(-1);
    if (kind === 'ts') {
      programs.push({ document, line, text: '\n'.repeat(line - 1) + text });
    } else if (kind === 'ts continued' && before !== undefined) {
      const gap = line - before.text.split('\n').length;
      programs[programs.length - 1] = { ...before, text: before.text + '\n'.repeat(gap) + text };
    } else if (kind === 'text output' && before !== undefined) {
      programs[programs.length - 1] = { ...before, output: `${before.output ?? ''}${text}\n` };
    } else if (marks.length > 0 || !languages.includes(language)) {
      throw new Error(`${document}:${line - 1}: no program, and no language of ours: "${kind}"`);
    }
  }
  return programs;
}

/** A place inside the repository for the programs, so that `quorate` means this package, as built. */
export class Workbench implements Disposable {
  readonly #directory: string;
  readonly #names = new Map<Program, string>();

  constructor(programs: readonly Program[]) {
    mkdirSync(join(root, '.cache'), { recursive: true });
    this.#directory = mkdtempSync(join(root, '.cache', 'documents-'));
    for (const program of programs) {
      const name = `${program.document.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${program.line}.ts`;
      this.#names.set(program, name);
      // The last line makes a module of a program that imports nothing; top-level await needs one.
      writeFileSync(join(this.#directory, name), `${program.text}\nexport {};\n`, { flag: 'wx' });
    }
    writeFileSync(join(this.#directory, 'tsconfig.json'), JSON.stringify(compilerConfiguration));
  }

  /** Compiles all programs at once; returns the compiler's complaints, which name documents and their lines. */
  compile(): string[] {
    try {
      execFileSync(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false'],
        {
          cwd: this.#directory,
          encoding: 'utf8',
        },
      );
      return [];
    } catch (error) {
      const complaints = (error as { readonly stdout: string }).stdout;
      return this.#inTermsOfDocuments(complaints).trimEnd().split('\n');
    }
  }

  /** Runs one program in an empty directory of its own and returns what it printed; rejects when it fails. */
  async run(program: Program): Promise<string> {
    const file = join(this.#directory, this.#names.get(program) as string);
    const cwd = mkdtempSync(join(tmpdir(), 'quorate-document-'));
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd, timeout: 30_000 });
      return stdout;
    } catch (error) {
      throw new Error(this.#inTermsOfDocuments((error as { readonly stderr: string }).stderr), {
        cause: error,
      });
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #inTermsOfDocuments(text: string): string {
    let result = text.replaceAll(`file://${this.#directory}/`, '').replaceAll(`${this.#directory}/`, '');
    for (const [program, name] of this.#names) result = result.replaceAll(name, program.document);
    return result;
  }
}

/** A strict user's settings. `paths` are absent on purpose: the name must lead to the built package. */
const compilerConfiguration = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
  include: ['*.ts'],
};
