/**
 * Our documents are programs too: what they show compiles, runs and prints what it says; what they tell to
 * type exists; what they link to is there; and the table of errors is the catalogue.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { errorsPage, withErrorsTable } from '../../tools/errors-table.ts';
import { unknownCommands } from './commands.ts';
import { brokenLinks } from './links.ts';
import { type Program, programsOf, Workbench } from './programs.ts';

const root = join(import.meta.dirname, '..', '..');
const documents = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
}).sort();

function textOf(document: string): string {
  return readFileSync(join(root, document), 'utf8');
}

test('the documents that people look for first are there', () => {
  const wanted = ['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'docs/ARCHITECTURE.md', 'docs/ERRORS.md'];
  assert.deepEqual(
    wanted.filter((name) => !documents.includes(name)),
    [],
  );
});

const programs: readonly Program[] = documents.flatMap((document) => programsOf(document, textOf(document)));
const workbench = new Workbench(programs);
after(() => workbench[Symbol.dispose]());

test('the package is built, so that the documents can be held against it', () => {
  assert.ok(existsSync(join(root, 'dist/index.js')), 'run: npm run build');
});

test(`all ${programs.length} programs of the documents compile as a user would compile them`, () => {
  assert.deepEqual(workbench.compile(), []);
});

for (const program of programs) {
  test(`the program at ${program.document}:${program.line} runs`, async () => {
    const printed = await workbench.run(program);
    if (program.output !== undefined) assert.equal(printed, program.output);
  });
}

const { scripts } = JSON.parse(textOf('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

for (const document of documents) {
  test(`every command in ${document} exists`, () => {
    assert.deepEqual(unknownCommands(textOf(document), new Set(Object.keys(scripts)), root), []);
  });

  test(`every link in ${document} leads somewhere`, () => {
    assert.deepEqual(brokenLinks(document, root), []);
  });
}

test('the README tells the one command that tests a fresh clone, in the words that CI runs', () => {
  assert.match(textOf('README.md'), /^npm ci && npm test$/m);
});

test('the table of errors is the catalogue', () => {
  const page = readFileSync(errorsPage, 'utf8');
  assert.equal(page, withErrorsTable(page), 'run: node tools/errors-table.ts --write');
});
