import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLengths } from '../../tools/house/lengths.ts';
import { sourceFiles, testRule } from './rule-table.ts';

const path = 'src/raft/log.ts';

testRule(checkLengths, [
  { name: 'a file of 400 lines needs no reason', tree: { [path]: lines(400) } },
  {
    name: 'a file of 401 lines needs one',
    tree: { [path]: lines(401) },
    finds: [[`${path}:401`, '401 lines; above 400 a file states its reason']],
  },
  {
    name: 'a test is a file like any other',
    tree: { 'test/raft/log.test.ts': lines(601) },
    finds: [['test/raft/log.test.ts:601', '601 lines; a file ends at 600']],
  },
  { name: 'other files may be as long as they are', tree: { 'docs/GUIDE.md': lines(2000) } },
  {
    name: 'a function of 70 lines is the longest',
    tree: { [path]: `x;\nfunction run() {\n${lines(68)}}\n` },
  },
  {
    name: 'a function of 71 lines is found by its name',
    tree: { [path]: `x;\nfunction run() {\n${lines(69)}}\n` },
    finds: [[`${path}:2`, 'run has 71 lines; a function ends at 70']],
  },
  {
    name: 'a method is found, and so is the arrow inside it',
    tree: { [path]: `class A {\n #run() {\n const step = () => {\n${lines(69)}};\n}\n}` },
    finds: [
      [`${path}:2`, '#run has 73 lines'],
      [`${path}:3`, 'step has 71 lines'],
    ],
  },
  {
    name: 'a scenario in a test may be long, a function in it may not',
    tree: {
      'test/raft/log.test.ts': `test('a', () => {\nconst step = () => {\n${lines(69)}};\n});`,
    },
    finds: [['test/raft/log.test.ts:2', 'step has 71 lines']],
  },
  {
    name: 'outside the tests a callback is a function like any other',
    tree: { 'bench/raft/log.bench.ts': `test('a', () => {\n${lines(69)}});` },
    finds: [['bench/raft/log.bench.ts:1', '71 lines']],
  },
]);

test('a row with a reason lets a file grow to 600 lines, and no further', () => {
  const agreed = [{ path, why: 'one table that is read as a whole' }];
  assert.deepEqual(checkLengths(sourceFiles({ [path]: lines(600) }), agreed), []);
  assert.equal(checkLengths(sourceFiles({ [path]: lines(601) }), agreed).length, 1);
});

test('a row without a reason counts for nothing', () => {
  assert.equal(checkLengths(sourceFiles({ [path]: lines(500) }), [{ path, why: ' ' }]).length, 1);
});

test('a row that no file needs is found, so that the table only shrinks by being read', () => {
  const agreed = [
    { path, why: 'was long once' },
    { path: 'src/gone.ts', why: 'was there once' },
  ];
  const problems = checkLengths(sourceFiles({ [path]: lines(10) }), agreed).map(({ problem }) => problem);
  assert.equal(problems.length, 2);
  assert.match(problems.join('\n'), /src\/raft\/log\.ts has a row/);
});

function lines(count: number): string {
  return 'x;\n'.repeat(count);
}
