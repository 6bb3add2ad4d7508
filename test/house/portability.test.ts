import { checkPortability } from '../../tools/house/portability.ts';
import { testRule } from './rule-table.ts';

// Put together here, so that the rule does not find this file.
const checkout = ['', 'home', 'ann', 'quorate'].join('/');
const registry = ['registry', 'npmjs', 'org'].join('.');

testRule(checkPortability, [
  {
    name: 'the path of a checkout is found in every kind of file',
    tree: { 'docs/GUIDE.md': `one\ncd ${checkout}`, 'src/x.ts': `open('${checkout}/data');` },
    finds: [
      ['docs/GUIDE.md:2', `a path of one machine: ${checkout}`],
      ['src/x.ts:1', 'a path of one machine'],
    ],
  },
  {
    name: 'a path that only looks alike is no matter',
    tree: {
      'docs/GUIDE.md': `https://example.org${checkout} ./work/x ~/work/x \${HOME}/work/x and /work alone`,
    },
  },
  {
    name: 'the address of a registry is found in the lock file',
    tree: { 'package-lock.json': `{\n  "resolved": "https://mirror.example/npm/x.tgz"\n}` },
    finds: [['package-lock.json:2', 'the address of a registry']],
  },
  {
    name: 'a registry setting is found',
    tree: { '.npmrc': 'fund=false\n@us:registry=https://mirror.example\n' },
    finds: [['.npmrc:2', 'a registry setting']],
  },
  {
    name: 'the host name of a registry is found',
    tree: { 'docs/GUIDE.md': `fetched from https://${registry}/x` },
    finds: [['docs/GUIDE.md:1', registry]],
  },
  {
    name: 'code that speaks of a registry is no matter',
    tree: { 'src/x.ts': `import './registry.ts';\nthis.registry.entries.get(1);` },
  },
]);
