/**
 * `npm test [-- WORD …]`: builds, then runs every test file under `test/` whose path holds one of the words (all
 * without any), one process a file, as many at a time as there are cores, and one more that waits rather than
 * computes. Prints one line a file, failures in full at the end, and totals in one line that scripts can read.
 *
 * `npm run test:engines [-- WORD …]`: the same with the files that need real servers, `test/engines/*.engine.ts`.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { build } from './build.ts';
import { type FileResult, runTestFile } from './test-file.ts';

const root = join(import.meta.dirname, '..');
/** Tests of engines start clusters of others, and stop and restart them. */
const isEngines = process.argv[2] === '--engines';
const pattern = isEngines ? 'test/engines/*.engine.ts' : 'test/**/*.test.ts';
const fileTimeoutMs = isEngines ? 600_000 : 240_000;

/** Folders whose files take longest start first, so that no core is idle while the last of them runs. */
const slowFolders = ['package', 'documents', 'house', 'sim'];

/** Folders whose files wait for elections, syncs and processes for six parts of seven of their time. */
const waitingFolders = ['node', 'cli', 'membership'];

/** What `npm test` does not run, in the order in which a person would. Only what package.json has is told. */
const otherCommands: Readonly<Record<string, string>> = {
  check: 'types, lint, format, house rules, dead code',
  'test:engines': 'the conformance suite on real servers',
  sim: 'simulated clusters under faults',
  fuzz: 'every decoder with damaged bytes, for as long as you like',
  torture: 'clusters of real processes under real faults',
  mutants: 'plants the known bugs and counts the kills',
  bench: 'benchmarks',
};

function selectFiles(words: readonly string[]): string[] {
  const files = globSync(pattern, { cwd: root }).sort();
  const chosen =
    words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
  return chosen.sort((left, right) => slowness(right) - slowness(left));
}

function slowness(file: string): number {
  return isIn(slowFolders, file) ? 1 : 0;
}

function isIn(folders: readonly string[], file: string): boolean {
  return folders.includes(file.split('/')[1] ?? '');
}

/** What one process has compiled, all that the tests start take from there: most of them begin with the same files. */
async function withCompiled<Result>(work: () => Promise<Result>): Promise<Result> {
  const compiled = mkdtempSync(join(tmpdir(), 'quorate-compiled-'));
  process.env['NODE_COMPILE_CACHE'] = compiled;
  try {
    return await work();
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

async function runAll(files: readonly string[]): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const left = new Set(files);
  const lane = async (takes: (file: string) => boolean): Promise<void> => {
    for (const file of files) {
      if (!takes(file) || !left.delete(file)) continue;
      const result = await runTestFile(join(root, file), fileTimeoutMs);
      results.push({ ...result, file });
      printFile({ ...result, file });
    }
  };
  const lanes = Array.from({ length: availableParallelism() }, () => lane(() => true));
  await Promise.all([...lanes, lane((file) => isIn(waitingFolders, file))]);
  return results;
}

function printFile({ file, passed, failed, skipped, elapsedMs }: FileResult): void {
  const mark = failed > 0 ? styleText('red', '✗') : styleText('green', '✓');
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(styleText('red', `${failed} failed`));
  if (skipped > 0) parts.push(styleText('yellow', `${skipped} skipped`));
  console.log(`${mark} ${file}  ${parts.join(', ')}  ${styleText('gray', `${Math.round(elapsedMs)} ms`)}`);
}

function printFailures({ file, failures, output }: FileResult): void {
  for (const { path, error } of failures) {
    console.log(`\n${styleText('red', `✗ ${[file, ...path].join(' › ')}`)}\n${indent(error)}`);
  }
  if (output !== '')
    console.log(`\n${styleText('gray', `what ${file} printed:`)}\n${indent(output.trimEnd())}`);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

function printRest(): void {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const lines = Object.entries(otherCommands)
    .filter(([name]) => name in scripts)
    .map(([name, what]) => `  npm run ${name.padEnd(14)}${what}`);
  console.log(['', 'Not part of npm test:', ...lines, ''].join('\n'));
}

async function main(): Promise<number> {
  const began = performance.now();
  const words = process.argv.slice(isEngines ? 3 : 2);
  const files = selectFiles(words);
  if (files.length === 0) {
    console.error(`no test file's path holds any of: ${words.join(' ')}`);
    return 1;
  }
  if (!build()) {
    console.error('the build failed; nothing was tested');
    return 1;
  }
  const results = await withCompiled(() => runAll(files));
  for (const result of results) if (result.failed > 0) printFailures(result);
  printRest();

  const sum = (field: 'passed' | 'failed' | 'skipped'): number =>
    results.reduce((total, result) => total + result[field], 0);
  console.log(`${files.length} files in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  // Where nobody looks at the list, a test that quietly does not run is as bad as one that fails.
  const { CI: ci } = process.env;
  const skippedInCi = ci !== undefined && sum('skipped') > 0;
  return sum('failed') > 0 || skippedInCi ? 1 : 0;
}

process.exitCode = await main();
