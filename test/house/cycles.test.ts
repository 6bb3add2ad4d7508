import { checkCycles } from '../../tools/house/cycles.ts';
import { testRule } from './rule-table.ts';

testRule(checkCycles, [
  {
    name: 'files that import downward make no cycle, however often they meet',
    tree: {
      'src/a/top.ts': `import './left.ts';\nimport './right.ts';`,
      'src/a/left.ts': `import './bottom.ts';`,
      'src/a/right.ts': `import './bottom.ts';`,
      'src/a/bottom.ts': `import 'node:fs';\nimport './gone.ts';`,
    },
  },
  {
    name: 'two files that import each other are found, with the way around',
    tree: { 'src/a/x.ts': `\nimport './y.ts';`, 'src/a/y.ts': `import './x.ts';` },
    finds: [['src/a/x.ts:2', 'src/a/x.ts → src/a/y.ts → src/a/x.ts']],
  },
  {
    name: 'types count',
    tree: { 'src/a/x.ts': `import type { Y } from './y.ts';`, 'src/a/y.ts': `import './x.ts';` },
    finds: [['src/a/x.ts:1', 'src/a/x.ts → src/a/y.ts → src/a/x.ts']],
  },
  {
    name: 'a file that imports itself is found',
    tree: { 'src/a/x.ts': `export { y } from './x.ts';` },
    finds: [['src/a/x.ts:1', 'src/a/x.ts → src/a/x.ts']],
  },
  {
    name: 'a way around through an index is found, also in tests and tools',
    tree: {
      'tools/a/index.ts': `export { x } from './x.ts';`,
      'tools/a/x.ts': `import { y } from '../b/y.ts';`,
      'tools/b/y.ts': `import { x } from '../a/index.ts';`,
    },
    finds: [['tools/a/index.ts:1', 'tools/a/index.ts → tools/a/x.ts → tools/b/y.ts → tools/a/index.ts']],
  },
  {
    name: 'a long way around is found from its first file',
    tree: {
      'src/a/1.ts': `import './2.ts';`,
      'src/a/2.ts': `import './3.ts';`,
      'src/a/3.ts': `import './4.ts';`,
      'src/a/4.ts': `import './1.ts';`,
    },
    finds: [['src/a/1.ts:1', 'src/a/1.ts → src/a/2.ts → src/a/3.ts → src/a/4.ts → src/a/1.ts']],
  },
  {
    name: 'a knot of several cycles is told once, by a shortest one; another knot by itself',
    tree: {
      'src/a/1.ts': `import './2.ts';`,
      'src/a/2.ts': `import './3.ts';`,
      'src/a/3.ts': `import './1.ts';\nimport './2.ts';`,
      'src/b/1.ts': `import './2.ts';\nimport '../a/1.ts';`,
      'src/b/2.ts': `import './1.ts';`,
    },
    finds: [
      ['src/a/1.ts:1', 'src/a/1.ts → src/a/2.ts → src/a/3.ts → src/a/1.ts'],
      ['src/b/1.ts:1', 'src/b/1.ts → src/b/2.ts → src/b/1.ts'],
    ],
  },
]);
