import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomOf, rooms, sideDoors } from '../../tools/house/floors.ts';
import { checkLayering, type Layers } from '../../tools/house/layering.ts';
import { sourceFiles, testRule } from './rule-table.ts';

const base = `import { assert } from '../base/index.ts';`;
const upward = `import { Node } from '../node/index.ts';`;
const sibling = `import { Vector } from '../time/index.ts';`;
const inner = `import { Entry } from '../raft/entry.ts';`;
const real = `import { realMachine } from '../ports/real/index.ts';`;

testRule(checkLayering, [
  { name: 'a room may import a room below through its index', tree: { 'src/raft/log.ts': base } },
  { name: 'files of one room import each other', tree: { 'src/raft/log.ts': `import './entry.ts';` } },
  {
    name: 'a core that imports a shell is found',
    tree: { 'src/raft/log.ts': `${base}\n${upward}` },
    finds: [['src/raft/log.ts:2', 'src/raft (floor 2) imports src/node/index.ts, on a higher floor (4)']],
  },
  {
    name: 'importing only types from above is found as well',
    tree: { 'src/raft/log.ts': `import type { Node } from '../node/index.ts';` },
    finds: [['src/raft/log.ts:1', 'on a higher floor']],
  },
  {
    name: 'loading from above on demand is found as well',
    tree: { 'src/raft/log.ts': `const node = await import('../node/index.ts');` },
    finds: [['src/raft/log.ts:1', 'on a higher floor']],
  },
  {
    name: 'two cores must not know each other',
    tree: { 'src/raft/log.ts': sibling },
    finds: [['src/raft/log.ts:1', 'on the same floor']],
  },
  {
    name: 'another room is entered by its index only',
    tree: { 'src/node/host.ts': inner },
    finds: [['src/node/host.ts:1', 'src/raft/entry.ts is an inner file of src/raft']],
  },
  { name: 'a shell may reach the real ports', tree: { 'src/client/dial.ts': real } },
  {
    name: 'a core may not reach the real ports',
    tree: { 'src/raft/log.ts': real },
    finds: [['src/raft/log.ts:1', 'src/ports/real/index.ts, on the same floor']],
  },
  {
    name: 'the ports may not reach their own implementation',
    tree: { 'src/ports/machine.ts': `import { realClock } from './real/index.ts';` },
    finds: [['src/ports/machine.ts:1', 'on a higher floor']],
  },
  {
    name: 'a nested folder sees the files of the room around it, and is entered by its index',
    tree: {
      'src/sim/checkers/witness.ts': `import '../seed.ts';`,
      'src/sim/run.ts': `import './checkers/index.ts';\nimport './checkers/witness.ts';`,
    },
    finds: [['src/sim/run.ts:2', 'inner file of src/sim/checkers']],
  },
  {
    name: 'a folder that is in no table is found once',
    tree: { 'src/attic/a.ts': '', 'src/attic/b.ts': '' },
    finds: [['src/attic/a.ts:1', 'src/attic is no room']],
  },
  {
    name: 'a published entry file may import every room',
    tree: { 'src/index.ts': `import './cli/index.ts';` },
  },
  {
    name: 'the product does not import its tests',
    tree: { 'src/sim/run.ts': `import '../../test/sim/seeds.ts';` },
    finds: [['src/sim/run.ts:1', 'test/sim/seeds.ts, which is not published']],
  },
  {
    name: 'a room’s own tests and benchmarks may open its inner files',
    tree: {
      'test/raft/quorum.test.ts': `import '../../src/raft/quorum.ts';`,
      'bench/raft/log.bench.ts': `import '../../src/raft/log.ts';`,
    },
  },
  {
    name: 'tests of another room, tools and examples knock at the door',
    tree: {
      'test/node/host.test.ts': `import '../../src/raft/quorum.ts';`,
      'test/story.test.ts': `import '../src/raft/quorum.ts';`,
      'tools/wal.ts': `import '../src/storage/log.ts';\nimport '../src/storage/index.ts';`,
    },
    finds: [
      ['test/node/host.test.ts:1', 'inner file of src/raft'],
      ['test/story.test.ts:1', 'inner file of src/raft'],
      ['tools/wal.ts:1', 'inner file of src/storage'],
    ],
  },
  { name: 'files that are not code are not read', tree: { 'src/raft/README.md': upward } },
]);

test('a side door opens the one way that the table names', () => {
  const layers: Layers = {
    rooms,
    sideDoors: [{ from: 'src/raft', to: 'src/time', why: 'for the sake of this test' }],
  };
  const tree = sourceFiles({
    'src/raft/log.ts': sibling,
    'src/time/vector.ts': `import '../raft/index.ts';`,
  });
  assert.deepEqual(
    checkLayering(tree, layers).map(({ path }) => path),
    ['src/time/vector.ts'],
  );
});

test('a file belongs to the innermost room of the table that holds it', () => {
  assert.equal(roomOf('src/ports/clock.ts')?.path, 'src/ports');
  assert.equal(roomOf('src/ports/real/clock.ts')?.path, 'src/ports/real');
  assert.equal(roomOf('src/ports/real/clock.ts', rooms.toReversed())?.path, 'src/ports/real');
  assert.equal(roomOf('src/index.ts')?.path, 'src');
  assert.equal(roomOf('src/attic/a.ts'), undefined);
});

test('the table names each room once, and every side door has a reason', () => {
  assert.equal(new Set(rooms.map(({ path }) => path)).size, rooms.length);
  assert.ok(sideDoors.every(({ why }) => why.trim() !== ''));
});
