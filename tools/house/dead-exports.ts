/**
 * Nothing lies around that nobody uses: files, exports, dependencies. knip reads the tree twice, because the
 * house draws the line in two places.
 *
 * Behind the door: an inner file of a room exports only what another file of the product imports, the room's
 * own index included. A test does not keep an export alive there: code that only a test reaches is not part
 * of the product, and a piece worth testing by itself is worth a file that its user imports.
 *
 * At the door: what a room's index exports as a value must be used by somebody outside the room, and there a
 * test, tool or benchmark is somebody. Rooms are built from the ground up, so the first user of a new one is
 * its test; a door that not even a test opens is dead. Types at the door are free: they are the words in
 * which the values beside them are spoken of. What package.json publishes is always in use.
 */
import { fileURLToPath } from 'node:url';
import { type ProgramResult, runProgram, silentFailure } from './program.ts';
import type { Finding } from './source-file.ts';

interface Symbol {
  readonly name: string;
  readonly line?: number;
}

/** One file in knip's JSON report. */
interface Issues {
  readonly file: string;
  readonly files?: readonly Symbol[];
  readonly exports?: readonly Symbol[];
  readonly types?: readonly Symbol[];
  readonly duplicates?: readonly (readonly Symbol[])[];
  readonly dependencies?: readonly Symbol[];
  readonly devDependencies?: readonly Symbol[];
  readonly optionalPeerDependencies?: readonly Symbol[];
  readonly unlisted?: readonly Symbol[];
  readonly unresolved?: readonly Symbol[];
  readonly binaries?: readonly Symbol[];
}

/** `inner` reads only `src/`, with every index as an entry; `whole` reads everything, with tests as entries. */
type Reading = 'inner' | 'whole';

const configurations = { inner: 'tools/house/knip-inner.json', whole: 'knip.json' };

export async function checkDeadExports(root: string): Promise<Finding[]> {
  const knip = fileURLToPath(new URL('../bin/knip.js', import.meta.resolve('knip')));
  const readings = (['inner', 'whole'] as const).map(async (reading) => {
    const configuration = configurations[reading];
    // The build's configuration tells knip that dist/ in package.json's exports means src/.
    const parameters = ['-c', configuration, '-t', 'tsconfig.build.json', '--reporter', 'json'];
    const result = await runProgram(root, knip, [...parameters, '--no-progress', '--no-config-hints']);
    return deadFindings(reading, result);
  });
  const found = (await Promise.all(readings)).flat();
  return withoutRepeats(found);
}

export function deadFindings(reading: Reading, result: ProgramResult): Finding[] {
  const report = parseReport(result.stdout);
  if (report === undefined) return [silentFailure('knip', result, configurations[reading])];
  return report.flatMap((issues) => {
    const exports = exportFindings(reading, issues);
    return reading === 'inner' ? exports : [...exports, ...dependencyFindings(issues)];
  });
}

const door = {
  where: 'anybody',
  remedy: 'take it out of the index; when it is part of what the room promises, test it',
};
const inner = {
  where: 'another file of src/',
  remedy: 'drop the word export, or delete it; behind the door a test alone does not keep it alive',
};
const elsewhere = { where: 'anybody', remedy: 'drop the word export, or delete it' };

function exportFindings(reading: Reading, issues: Issues): Finding[] {
  const { file, files = [], exports = [], types = [], duplicates = [] } = issues;
  const isProduct = file.startsWith('src/');
  const isDoor = file.endsWith('/index.ts');
  const isJudgedHere = reading === 'inner' ? isProduct : !isProduct || isDoor;
  if (!isJudgedHere) return [];
  const found: Finding[] = files.map(() => ({
    path: file,
    line: 1,
    problem: 'nobody imports this file',
    remedy: 'delete it, or import it where it is needed; a program is listed as an entry in knip.json',
  }));
  const { where, remedy } = isProduct ? (isDoor ? door : inner) : elsewhere;
  for (const { name, line } of isProduct && isDoor ? exports : [...exports, ...types]) {
    found.push({
      path: file,
      line: line ?? 1,
      problem: `${name} is exported and not used by ${where}`,
      remedy,
    });
  }
  for (const names of duplicates) {
    const problem = `one thing is exported as ${names.map(({ name }) => name).join(' and ')}`;
    found.push({ path: file, line: names[0]?.line ?? 1, problem, remedy: 'keep one name' });
  }
  return found;
}

function dependencyFindings(issues: Issues): Finding[] {
  const { file, dependencies = [], devDependencies = [], optionalPeerDependencies = [] } = issues;
  const rows: [readonly Symbol[], string, string][] = [
    [[...dependencies, ...devDependencies], 'is listed and nobody uses it', 'npm uninstall it'],
    [
      optionalPeerDependencies,
      'is an optional peer and used as if it were always there',
      'load it on demand',
    ],
    [issues.unlisted ?? [], 'is used and not listed in package.json', 'list it, or do without'],
    [issues.unresolved ?? [], 'does not lead to a file', 'mend the path'],
    [issues.binaries ?? [], 'is a command that no dependency brings', 'list the package that brings it'],
  ];
  return rows.flatMap(([symbols, what, remedy]) =>
    symbols.map(({ name, line }) => ({ path: file, line: line ?? 1, problem: `${name} ${what}`, remedy })),
  );
}

function parseReport(stdout: string): readonly Issues[] | undefined {
  try {
    return (JSON.parse(stdout) as { issues: readonly Issues[] }).issues;
  } catch {
    return undefined;
  }
}

function withoutRepeats(found: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of found) seen.set(`${finding.path} ${finding.problem}`, finding);
  return [...seen.values()];
}
