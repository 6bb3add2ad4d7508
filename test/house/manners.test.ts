import { checkManners } from '../../tools/house/manners.ts';
import { testRule } from './rule-table.ts';

const opening = '/** The log of one group, kept in memory until a host has made it durable. */\n';
const index = { 'src/raft/index.ts': opening };

testRule(checkManners, [
  { name: 'a file that opens with its purpose is welcome', tree: { ...index, 'src/raft/log.ts': opening } },
  {
    name: 'a program may open behind the line of its interpreter',
    tree: { 'tools/run.ts': `#!/usr/bin/env node\n${opening}` },
  },
  {
    name: 'a paragraph of line comments is an opening too',
    tree: { 'tools/run.ts': '// Runs what is\n// asked for.\n' },
  },
  {
    name: 'a file that does not say what it is, is found',
    tree: {
      ...index,
      'src/raft/log.ts': `import './x.ts';\n${opening}`,
      'bench/log.bench.ts': '/** Log. */',
    },
    finds: [
      ['src/raft/log.ts:1', 'does not say what it is'],
      ['bench/log.bench.ts:1', 'does not say what it is'],
    ],
  },
  { name: 'a test opens as it likes', tree: { 'test/raft/log.test.ts': `import './x.ts';` } },
  {
    name: 'a name that says nothing is found, also at the end of another and in a folder',
    tree: {
      'test/raft/utils.ts': '',
      'test/raft/test-helpers.ts': '',
      'test/raft/lock-manager.test.ts': '',
      'test/common/a.ts': '',
    },
    finds: [
      ['test/raft/utils.ts:1', 'utils says nothing'],
      ['test/raft/test-helpers.ts:1', 'test-helpers says nothing'],
      ['test/raft/lock-manager.test.ts:1', 'lock-manager says nothing'],
      ['test/common/a.ts:1', 'common says nothing'],
    ],
  },
  { name: 'a word inside a name is no matter', tree: { 'test/raft/common-prefix.ts': '' } },
  {
    name: 'a room without an index is found',
    tree: { 'src/raft/log.ts': opening, 'src/raft/deep/x.ts': opening },
    finds: [
      ['src/raft/log.ts:1', 'src/raft has no index.ts'],
      ['src/raft/deep/x.ts:1', 'src/raft/deep has no index.ts'],
    ],
  },
  { name: 'a program needs no index', tree: { 'src/cli/main.ts': opening, 'src/cli/verbs.ts': opening } },
  {
    name: '`export *` is found in each of its forms',
    tree: {
      'tools/x.ts': `${opening}export * from './a.ts';\nexport type * from './b.ts';\nexport * as c from './c.ts';`,
    },
    finds: [
      ['tools/x.ts:2', 'export *'],
      ['tools/x.ts:3', 'export *'],
      ['tools/x.ts:4', 'export *'],
    ],
  },
  {
    name: 'a default export is found in each of its forms',
    tree: { 'tools/x.ts': `${opening}export default function run() {}\nexport { run as default };` },
    finds: [
      ['tools/x.ts:2', 'default export'],
      ['tools/x.ts:3', 'default export'],
    ],
  },
  {
    name: 'importing what others export by default is no matter',
    tree: { 'tools/x.ts': `${opening}import { default as x } from 'x';\nswitch (x) { default: }` },
  },
  {
    name: 'unfinished work is found in comments, not in strings',
    tree: { 'tools/x.ts': `${opening}// TODO: later\nrun('TODO');\n/*\n FIXME */` },
    finds: [
      ['tools/x.ts:2', 'TODO in a comment'],
      ['tools/x.ts:4', 'FIXME in a comment'],
    ],
  },
  {
    name: 'silencing the compiler is found',
    tree: {
      'tools/x.ts': `${opening}// @ts-ignore\nrun();\n// @ts-expect-error wrong on purpose\nrun(1 as any);`,
    },
    finds: [
      ['tools/x.ts:2', '@ts-ignore'],
      ['tools/x.ts:5', 'as any'],
    ],
  },
  {
    name: 'a test that is switched off, or switches off the others, is found',
    tree: {
      'test/raft/log.test.ts': [
        `test.skip('a', run);`,
        `describe.only('b', run);`,
        `test('c', { skip: true }, run);`,
        `test('d', { todo }, run);`,
        `test('e', (t) => { t.skip(); });`,
      ].join('\n'),
    },
    finds: [1, 2, 3, 4, 5].map((line) => [`test/raft/log.test.ts:${line}`, 'a test is switched'] as const),
  },
  {
    name: 'the words alone are no matter',
    tree: {
      'test/raft/log.test.ts': `reader.skip(4);\ntest('a', () => { run({ skip: 1, only: 'x' }); });`,
      'tools/x.ts': `${opening}test.skip('a');`,
    },
  },
]);
