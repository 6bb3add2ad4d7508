/** How events become operations: what each outcome means for time, answer and revision. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHistory } from '../../../src/sim/history/index.ts';

const story = [
  '{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":10}',
  '{"process":1,"type":"invoke","f":"read","key":"x","value":null,"time":10}',
  '{"process":0,"type":"ok","f":"write","key":"x","value":1,"time":20,"revision":7}',
  '{"process":1,"type":"ok","f":"read","key":"x","value":1,"time":30,"revision":7}',
  '{"process":1,"type":"invoke","f":"cas","key":"x","value":[1,2],"time":31}',
  '{"process":1,"type":"fail","f":"cas","key":"x","value":[1,2],"time":32}',
  '{"process":0,"type":"invoke","f":"cas","key":"x","value":[1,3],"time":33}',
  '{"process":1,"type":"invoke","f":"txn","value":[["r","y",null],["append","y",1]],"time":34}',
  '{"process":0,"type":"info","f":"cas","key":"x","value":null,"time":35}',
].join('\n');

test('operations stand in order of invocation, each with its answer and both its moments', () => {
  const { operations } = parseHistory(story);
  assert.deepEqual(
    operations.map(({ f, process, outcome, input, output, revision }) => ({
      f,
      process,
      outcome,
      input,
      output,
      revision,
    })),
    [
      { f: 'write', process: 0, outcome: 'applied', input: 1, output: null, revision: 7 },
      { f: 'read', process: 1, outcome: 'applied', input: null, output: 1, revision: 7 },
      { f: 'cas', process: 1, outcome: 'not-applied', input: [1, 2], output: null, revision: undefined },
      { f: 'cas', process: 0, outcome: 'unknown', input: [1, 3], output: null, revision: undefined },
      {
        f: 'txn',
        process: 1,
        outcome: 'unknown',
        input: [
          ['r', 'y', null],
          ['append', 'y', 1],
        ],
        output: null,
        revision: undefined,
      },
    ],
  );
  assert.deepEqual(
    operations.map(({ index }) => index),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(
    operations.map(({ invokeTime }) => invokeTime),
    [10, 10, 31, 33, 34],
  );
  assert.deepEqual(
    operations.map(({ completeTime }) => completeTime),
    [20, 30, 32, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  );
  assert.deepEqual(
    operations.map(({ invokeAt }) => invokeAt),
    [0, 1, 4, 6, 7],
  );
  assert.deepEqual(
    operations.map(({ completeAt }) => completeAt),
    [2, 3, 5, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  );
});

const answers: readonly { f: string; argument: unknown; answer: unknown; output: unknown }[] = [
  { f: 'cas', argument: [1, 2], answer: [1, 2], output: true },
  { f: 'cas', argument: [1, 2], answer: null, output: true },
  { f: 'cas', argument: [1, 2], answer: true, output: true },
  { f: 'cas', argument: [1, 2], answer: false, output: false },
  { f: 'acquire', argument: null, answer: 9, output: 9 },
  { f: 'acquire', argument: null, answer: null, output: true },
  { f: 'acquire', argument: null, answer: false, output: false },
  { f: 'release', argument: 9, answer: 9, output: true },
  { f: 'release', argument: 9, answer: false, output: false },
  { f: 'add', argument: 2, answer: 5, output: 5 },
  { f: 'add', argument: 2, answer: null, output: null },
  { f: 'read', argument: null, answer: [1, 'a'], output: [1, 'a'] },
  { f: 'append', argument: 4, answer: 4, output: null },
];

for (const { f, argument, answer, output } of answers) {
  test(`${f} answered by ${JSON.stringify(answer)} means ${JSON.stringify(output)}`, () => {
    const lines = [
      { process: 5, type: 'invoke', f, key: 1, value: argument, time: 0 },
      { process: 5, type: 'ok', f, key: 1, value: answer, time: 0 },
    ];
    const { operations } = parseHistory(lines.map((line) => JSON.stringify(line)).join('\n'));
    assert.deepEqual(operations[0]?.output, output);
  });
}
