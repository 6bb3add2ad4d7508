/** The checks of our documents, held against documents that are wrong in every way that they must catch. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withErrorsTable } from '../../tools/errors-table.ts';
import { unknownCommands } from './commands.ts';
import { brokenLinks } from './links.ts';
import { anchorsOf } from './markdown.ts';
import { type Program, programsOf, Workbench } from './programs.ts';

function documentOf(...lines: readonly string[]): Program[] {
  return programsOf('GUIDE.md', lines.join('\n'));
}

const wrong = {
  type: documentOf('# Guide', '', '```ts', 'const limit: number = "ten";', 'console.log(limit);', '```'),
  name: documentOf('', '```ts', "import { nothing } from 'quorate';", 'nothing();', '```'),
  throws: documentOf('', '', '', '```ts', "throw new Error('broken on line 5');", '```'),
};
const right = documentOf(
  '```ts',
  "import { isQuorateError } from 'quorate';",
  'const ours: boolean = isQuorateError(1);',
  '```',
  'and then',
  '```ts continued',
  'console.log(ours);',
  '```',
  'which prints',
  '```text output',
  'false',
  '```',
);
const workbench = new Workbench([...Object.values(wrong).flat(), ...right]);
after(() => workbench[Symbol.dispose]());

test('the compiler’s complaints name the document and its line, and only the programs that are wrong', () => {
  const complaints = workbench.compile();
  assert.equal(complaints.length, 2, complaints.join('\n'));
  assert.match(complaints.join('\n'), /GUIDE\.md\(4,7\): error TS2322/);
  assert.match(complaints.join('\n'), /GUIDE\.md\(3,10\): error TS2305/);
});

test('a program that throws fails with its place in the document', async () => {
  await assert.rejects(workbench.run(wrong.throws[0] as Program), /GUIDE\.md:5[\s\S]*broken on line 5/);
});

test('a program that imports what the package does not have fails', async () => {
  await assert.rejects(workbench.run(wrong.name[0] as Program), /does not provide an export named/);
});

test('blocks that are continued are one program, on the lines of the document, with what it prints', async () => {
  assert.equal(right.length, 1);
  const program = right[0] as Program;
  assert.equal(program.output, 'false\n');
  assert.equal(program.text.split('\n')[6], 'console.log(ours);');
  assert.equal(await workbench.run(program), program.output);
});

test('two blocks are two programs', () => {
  assert.deepEqual(
    documentOf('```ts', 'one();', '```', '```ts', 'two();', '```').map((program) => program.line),
    [2, 5],
  );
});

const refused: readonly (readonly [name: string, lines: readonly string[], message: RegExp])[] = [
  ['a fence that is never closed', ['text', '```ts', 'x'], /line 2: .*never closed/],
  ['a fence inside a fence', ['```ts', '```sh', '```'], /line 2: .*inside the fence of line 1/],
  ['a fence without a language', ['```', 'x', '```'], /GUIDE\.md:1: .*""/],
  ['a language that nobody checks', ['```typescript', 'x', '```'], /GUIDE\.md:1: .*"typescript"/],
  ['a mark that nobody knows', ['```ts ignore', 'x', '```'], /"ts ignore"/],
  ['a continuation of nothing', ['```ts continued', 'x', '```'], /"ts continued"/],
  ['the output of nothing', ['```text output', 'x', '```'], /"text output"/],
];

for (const [name, lines, message] of refused) {
  test(`${name} is refused, so that no block slips through unchecked`, () => {
    assert.throws(() => documentOf(...lines), message);
  });
}

test('commands that do not exist are found in shell blocks and in inline code', () => {
  const markdown = [
    'Type `npm run chek` or `npm run check`, `node tools/none.ts` or `node tools/build.ts`.',
    '```sh',
    'npm ci && npm start',
    'npm run build && npm test -- base',
    'npm run -s quorate -- put a b && npm run -s quorate -- fly',
    '```',
    '```text',
    'npm run not-a-shell-block',
    '```',
  ].join('\n');
  const root = join(import.meta.dirname, '..', '..');
  assert.deepEqual(unknownCommands(markdown, new Set(['check', 'build', 'quorate', 'test']), root), [
    'npm start',
    'npm run -s quorate -- fly',
    'npm run chek',
    'node tools/none.ts',
  ]);
});

test('links that lead nowhere are found, with their line', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-links-'));
  try {
    writeFileSync(join(directory, 'OTHER.md'), '# Two words\n');
    const lines = [
      '# Guide',
      '[a](OTHER.md) [b](OTHER.md#two-words) [c](#guide) [d](https://example.org/none) `[e](none.md)`',
      '[f](MISSING.md)',
      '[g](OTHER.md#three-words) ![h](picture.png "title")',
      '[i]: MISSING-TOO.md',
    ];
    writeFileSync(join(directory, 'GUIDE.md'), lines.join('\n'));
    assert.deepEqual(brokenLinks('GUIDE.md', directory), [
      'GUIDE.md:3: MISSING.md',
      'GUIDE.md:4: OTHER.md#three-words',
      'GUIDE.md:4: picture.png',
      'GUIDE.md:5: MISSING-TOO.md',
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('anchors are made as they are where documents are shown', () => {
  const markdown = '# The `map`, of rooms!\n## Raft & log\n## Raft & log\n```sh\n# no heading\n```\n';
  assert.deepEqual(anchorsOf(markdown), ['the-map-of-rooms', 'raft--log', 'raft--log-1']);
});

test('a table of errors that was changed by hand is written anew, and what stands around it stays', () => {
  const page = '# Errors\n\n| code |\n|---|\n| `made-up` |\n\nBehind it.\n';
  const fresh = withErrorsTable(page);
  assert.doesNotMatch(fresh, /made-up/);
  assert.match(
    fresh,
    /^# Errors\n\n\| code \|[\s\S]*\| `closed` \| no \| not-applied \|[\s\S]*\n\nBehind it\.\n$/,
  );
  assert.throws(() => withErrorsTable('# Errors\n'), /no table/);
});
