/** The program as a whole, on a copy of the real tree in which one thing of each kind is wrong. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../tools/house/program.ts';
import { ownRules } from '../../tools/house/rules.ts';
import { readTree, treePaths } from '../../tools/house/tree.ts';

const root = join(import.meta.dirname, '../..');
const copies = mkdtempSync(join(tmpdir(), 'quorate-house-'));
after(() => rmSync(copies, { recursive: true }));

interface Planted {
  readonly name: string;
  readonly rule: string;
  readonly files: Readonly<Record<string, string>>;
  /** What the program must print about it: the place, what is wrong, and what to do. */
  readonly says: readonly RegExp[];
}

const opening = '/** A file that a test has planted here to see whether it is found. */\n';

const planted: readonly Planted[] = [
  {
    name: 'an upward import',
    rule: 'floors',
    files: { 'src/raft/planted-upward.ts': `${opening}import '../sim/index.ts';\n` },
    says: [
      /src\/raft\/planted-upward\.ts:2 .*imports src\/sim\/index\.ts, on a higher floor/,
      /→ pass in what is needed from above, or move it below both/,
    ],
  },
  {
    name: 'an import cycle',
    rule: 'cycles',
    files: {
      'src/raft/planted-one.ts': `${opening}import './planted-two.ts';\n`,
      'src/raft/planted-two.ts': `${opening}import './planted-one.ts';\n`,
    },
    says: [
      /import cycle: src\/raft\/planted-one\.ts → src\/raft\/planted-two\.ts → src\/raft\/planted-one\.ts/,
      /→ move what both sides need into a third file below them/,
    ],
  },
  {
    name: 'the time of the machine in a core',
    rule: 'purity',
    files: { 'src/raft/planted-time.ts': `${opening}export const started = Date.now();\n` },
    says: [
      /src\/raft\/planted-time\.ts:2 .*Date reads the time of the machine/,
      /→ take `now` as an argument/,
    ],
  },
  {
    name: 'an export behind the door of a room that only a test uses',
    rule: 'dead-exports',
    files: {
      'src/raft/planted/inner.ts': `${opening}export const inner = 1;\nexport const offered = 2;\n`,
      'test/raft/planted.test.ts': `import { inner } from '../../src/raft/planted/inner.ts';\ninner;\n`,
    },
    says: [
      /src\/raft\/planted\/inner\.ts:2 .*inner is exported and not used by another file of src\//,
      /→ drop the word export, or delete it/,
    ],
  },
  {
    name: 'an export at the door of a room that nobody uses',
    rule: 'dead-exports',
    files: {
      'src/raft/planted/index.ts': `${opening}export { offered } from './inner.ts';\n`,
      'test/raft/planted-too.test.ts': `import '../../src/raft/planted/index.ts';\n`,
    },
    says: [
      /src\/raft\/planted\/index\.ts:2 .*offered is exported and not used by anybody/,
      /→ take it out of the index/,
    ],
  },
  {
    name: 'a file of 700 lines',
    rule: 'lengths',
    files: { 'src/raft/planted-length.ts': `${opening}${'export {};\n'.repeat(699)}` },
    says: [/src\/raft\/planted-length\.ts:601 .*700 lines; a file ends at 600/, /→ split it/],
  },
];

/** Rules are judged one by one in the same copy: each fails by itself, and dead exports cost a second. */
const rules = new Set(planted.map(({ rule }) => rule));
const verdicts = new Map<string, Ending>();

before(async () => {
  const copy = copyTree('planted', treePaths(root, { untracked: false }));
  for (const { files } of planted) writeFiles(copy, files);
  for (const rule of rules) verdicts.set(rule, await check(copy, rule));
});

for (const { name, rule, says } of planted) {
  test(`the check fails on ${name}, and says what to do`, () => {
    const { status, output } = verdicts.get(rule) as Ending;
    assert.equal(status, 1, output);
    for (const said of says) assert.match(output, said);
  });
}

test('the check passes, rule by rule, on a tree with nothing wrong in it', async () => {
  const programs = treePaths(root).filter((path) => path.startsWith('tools/') || path === '.gitignore');
  const { status, output } = await check(
    copyTree('clean', programs),
    ownRules.map(({ name }) => name).join(','),
  );
  assert.equal(status, 0, output);
  assert.match(output, /6 rules, the house is in order/);
});

test('a rule that does not exist is refused, and the rules that do are named', async () => {
  const { status, output } = await check(root, 'floors,politeness');
  assert.equal(status, 2, output);
  assert.match(output, /no rule is called politeness; the rules are types, lint,/);
});

test('what is committed keeps every rule that the house reads by itself', () => {
  const committed = readTree(root, { untracked: false });
  assert.ok(committed.length > 50, 'the tree was read');
  const broken = ownRules.flatMap(({ name, check: rule }) =>
    rule(committed).map(({ path, line, problem }) => `${name}: ${path}:${line} ${problem}`),
  );
  assert.deepEqual(broken, []);
});

/** These files of this repository, in a repository of their own that has committed nothing. */
function copyTree(name: string, paths: readonly string[]): string {
  const copy = join(copies, name);
  for (const path of paths) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path));
  }
  execFileSync('git', ['init', '--quiet', copy]);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

interface Ending {
  readonly status: number | null;
  readonly output: string;
}

async function check(directory: string, only: string): Promise<Ending> {
  const program = join(directory, 'tools/check.ts');
  const { status, stdout, stderr } = await runProgram(directory, program, ['--only', only]);
  return { status, output: `${stdout}${stderr}` };
}
