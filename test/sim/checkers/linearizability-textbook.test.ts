/**
 * Small histories whose verdicts are known from books and papers, each judged by every method that fits it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkHistory,
  checkLinearizable,
  checkWitness,
  checkZones,
  counterModel,
  explainVerdict,
  lockModel,
  type Model,
  queueModel,
  registerModel,
  type Verdict,
} from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  readonly valid: boolean;
}

const registers: readonly Row[] = [
  { name: 'nothing at all', text: '', valid: true },
  { name: 'a read of the initial value', text: '0: read x; ok null', valid: true },
  { name: 'a read of what was written before', text: '0: write x 1; ok\n1: read x; ok 1', valid: true },
  {
    name: 'a read of the initial value after a write',
    text: '0: write x 1; ok\n1: read x; ok null',
    valid: false,
  },
  { name: 'a read of what nobody wrote', text: '0: write x 1; ok\n1: read x; ok 2', valid: false },
  {
    name: 'a read of what was written to another key',
    text: '0: write x 1; ok\n1: read y; ok 1',
    valid: false,
  },
  {
    name: 'a read under a write, of the old value (Herlihy and Wing, H1)',
    text: '0: write x 1\n1: read x; ok null\n0: ok',
    valid: true,
  },
  {
    name: 'a read under a write, of the new value',
    text: '0: write x 1\n1: read x; ok 1\n0: ok',
    valid: true,
  },
  {
    name: 'two reads under a write, the new value first',
    text: '0: write x 1\n1: read x; ok 1\n2: read x; ok null\n0: ok',
    valid: false,
  },
  {
    name: 'two overlapping reads under a write, in either order',
    text: '0: write x 1\n1: read x\n2: read x\n1: ok 1\n2: ok null\n0: ok',
    valid: true,
  },
  {
    name: 'two writes under way and reads that see both, in turn',
    text: '0: write x 1\n1: write x 2\n2: read x; ok 1\n2: read x; ok 2\n0: ok\n1: ok',
    valid: true,
  },
  {
    name: 'a value that comes back though nobody writes it again',
    text: '0: write x 1\n1: write x 2\n2: read x; ok 1\n2: read x; ok 2\n2: read x; ok 1\n0: ok\n1: ok',
    valid: false,
  },
  {
    name: 'a stale read after an overwrite',
    text: '0: write x 1; ok\n0: write x 2; ok\n1: read x; ok 1',
    valid: false,
  },
  {
    name: 'a read that ends before its write begins',
    text: '0: read x; ok 1\n1: write x 1; ok',
    valid: false,
  },
  {
    name: 'a lost write that was seen later',
    text: '0: write x 1; info\n1: read x; ok null\n1: read x; ok 1',
    valid: true,
  },
  {
    name: 'a lost write that was seen and then forgotten',
    text: '0: write x 1; info\n1: read x; ok 1\n1: read x; ok null',
    valid: false,
  },
  { name: 'a lost write that nobody saw', text: '0: write x 1; info\n1: read x; ok null', valid: true },
  {
    name: 'a lost write that took effect long after, over another',
    text: '0: write x 1; info\n1: write x 2; ok\n1: read x; ok 2\n2: read x; ok 1',
    valid: true,
  },
  {
    name: 'a lost write that took effect twice',
    text: '0: write x 1; info\n1: read x; ok 1\n1: write x 2; ok\n2: read x; ok 1',
    valid: false,
  },
  { name: 'a failed write that was seen', text: '0: write x 1; fail\n1: read x; ok 1', valid: false },
  { name: 'a write still under way at the end', text: '0: write x 1\n1: read x; ok 1', valid: true },
  {
    name: 'two keys, each fine by itself',
    text: '0: write x 1; ok\n0: write y 1; ok\n1: read y; ok 1\n1: read x; ok 1',
    valid: true,
  },
];

for (const { name, text, valid } of registers) {
  test(`registers: ${name} is ${valid ? '' : 'not '}linearizable`, () => {
    const { operations } = story(text);
    const zones = checkZones(operations);
    assert.deepEqual(zones.unsuited, []);
    expect(zones.verdict, valid);
    expect(checkLinearizable(operations, registerModel()), valid);
    expect(checkHistory({ operations }, { model: 'register' }), valid);
  });
}

const objects: readonly (Row & { readonly model: Model<never> })[] = [
  {
    model: registerModel() as Model<never>,
    name: 'two swaps of one value that both succeed',
    text: '0: write x 0; ok\n0: cas x [0,1]\n1: cas x [0,2]\n0: ok\n1: ok',
    valid: false,
  },
  {
    model: registerModel() as Model<never>,
    name: 'a chain of swaps that all overlap',
    text: '0: write x 0; ok\n0: cas x [2,3]\n1: cas x [1,2]\n2: cas x [0,1]\n0: ok\n1: ok\n2: ok\n3: read x; ok 3',
    valid: true,
  },
  {
    model: registerModel() as Model<never>,
    name: 'a swap refused although the value was there all the time',
    text: '0: write x 0; ok\n1: cas x [0,1]; ok false',
    valid: false,
  },
  {
    model: registerModel() as Model<never>,
    name: 'a swap refused because another came first',
    text: '0: write x 0; ok\n0: cas x [0,1]\n1: cas x [0,2]\n0: ok true\n1: ok false\n2: read x; ok 1',
    valid: true,
  },
  {
    model: registerModel() as Model<never>,
    name: 'a write of the value that is there, needed again later',
    text: '0: write x 1; ok\n0: write x 1\n1: write x 2\n2: read x; ok 2\n2: read x; ok 1\n0: ok\n1: ok',
    valid: true,
  },
  {
    model: registerModel() as Model<never>,
    name: 'a lost swap that must have happened',
    text: '0: write x 0; ok\n1: cas x [0,1]; info\n0: cas x [1,2]; ok',
    valid: true,
  },
  {
    model: registerModel() as Model<never>,
    name: 'a lost swap that cannot have happened',
    text: '0: write x 0; ok\n1: cas x [5,1]; info\n0: cas x [1,2]; ok',
    valid: false,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lock held twice',
    text: '0: acquire l; ok 1\n1: acquire l; ok 2',
    valid: false,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lock handed on under the release',
    text: '0: acquire l; ok 1\n0: release l 1\n1: acquire l; ok 2\n0: ok',
    valid: true,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lock whose token went back',
    text: '0: acquire l; ok 2\n0: release l 2; ok\n1: acquire l; ok 1',
    valid: false,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lock released by a stranger',
    text: '0: acquire l; ok 1\n1: release l 1; ok',
    valid: false,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a release with somebody else’s token',
    text: '0: acquire l; ok 2\n0: release l 1; ok',
    valid: false,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lost release that let the next one in',
    text: '0: acquire l; ok 1\n0: release l 1; info\n1: acquire l; ok 2',
    valid: true,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lost acquire that was granted, and refused others',
    text: '0: acquire l; info\n1: acquire l; ok false',
    valid: true,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lost acquire that was granted, and then another',
    text: '0: acquire l; info\n1: acquire l; ok false\n1: acquire l; ok 1',
    valid: false,
  },
  {
    model: lockModel() as Model<never>,
    name: 'a lock refused while it was free',
    text: '0: acquire l; ok\n0: release l; ok\n1: acquire l; ok false',
    valid: false,
  },
  {
    model: counterModel() as Model<never>,
    name: 'two increments that answer the same',
    text: '0: add c 1\n1: add c 1\n0: ok 1\n1: ok 1',
    valid: false,
  },
  {
    model: counterModel() as Model<never>,
    name: 'two increments that overlap',
    text: '0: add c 1\n1: add c 1\n0: ok 2\n1: ok 1',
    valid: true,
  },
  {
    model: counterModel() as Model<never>,
    name: 'an increment that was lost on the way and counted',
    text: '0: add c 1; info\n1: read c; ok 0\n1: read c; ok 1',
    valid: true,
  },
  {
    model: counterModel() as Model<never>,
    name: 'an increment that counted twice',
    text: '0: add c 1; info\n1: read c; ok 2',
    valid: false,
  },
  {
    model: counterModel() as Model<never>,
    name: 'a counter that went back',
    text: '0: add c 1; ok\n1: read c; ok 1\n1: read c; ok 0',
    valid: false,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a queue in order',
    text: '0: append q 1; ok\n0: append q 2; ok\n1: acquire q; ok 1\n1: acquire q; ok 2\n1: acquire q; ok false',
    valid: true,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a queue out of order',
    text: '0: append q 1; ok\n0: append q 2; ok\n1: acquire q; ok 2\n1: acquire q; ok 1',
    valid: false,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a queue whose appends overlap, taken in either order (Herlihy and Wing, figure 1)',
    text: '0: append q 1\n1: append q 2\n0: ok\n1: ok\n0: acquire q; ok 2\n1: acquire q; ok 1',
    valid: true,
  },
  {
    model: queueModel() as Model<never>,
    name: 'an element taken twice',
    text: '0: append q 1; ok\n0: acquire q; ok 1\n1: acquire q; ok 1',
    valid: false,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a queue said to be empty that was not',
    text: '0: append q 1; ok\n1: acquire q; ok false\n1: acquire q; ok 1',
    valid: false,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a queue emptied by a take whose answer was lost',
    text: '0: append q 1; ok\n1: acquire q; info\n0: acquire q; ok false',
    valid: true,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a list read whole',
    text: '0: append q "a"; ok\n1: append q "b"\n2: read q; ok ["a"]\n2: read q; ok ["a","b"]\n1: ok',
    valid: true,
  },
  {
    model: queueModel() as Model<never>,
    name: 'a list that lost its first element',
    text: '0: append q "a"; ok\n1: append q "b"; ok\n2: read q; ok ["b"]',
    valid: false,
  },
];

for (const { model, name, text, valid } of objects) {
  test(`${model.name}: ${name} is ${valid ? '' : 'not '}linearizable`, () => {
    const { operations } = story(text);
    expect(checkLinearizable(operations, model), valid);
    expect(checkHistory({ operations }, { model: model as Model<unknown>, method: 'search' }), valid);
  });
}

const witnesses: readonly (Row & { readonly anomaly?: string })[] = [
  {
    name: 'writes and reads in the order of their revisions',
    text: '0: write x 1; ok @1\n0: write x 2; ok @2\n1: read x; ok 2 @2',
    valid: true,
  },
  {
    name: 'a read served at a later revision than the last write',
    text: '0: write x 1; ok @1\n1: read x; ok 1 @9',
    valid: true,
  },
  {
    name: 'overlapping writes whose revisions turn their order round',
    text: '0: write x 1\n1: write x 2\n0: ok @2\n1: ok @1\n2: read x; ok 1 @2',
    valid: true,
  },
  {
    name: 'two writes of one revision',
    text: '0: write x 1; ok @1\n0: write x 2; ok @1',
    valid: false,
    anomaly: 'revision-reused',
  },
  {
    name: 'a revision that goes back in real time',
    text: '0: write x 1; ok @2\n1: write x 2; ok @1',
    valid: false,
    anomaly: 'revision-against-real-time',
  },
  {
    name: 'a read served at a revision from before the last write',
    text: '0: write x 1; ok @1\n0: write x 2; ok @2\n1: read x; ok 1 @1',
    valid: false,
    anomaly: 'revision-against-real-time',
  },
  {
    name: 'a read that does not see what its revision says',
    text: '0: write x 1; ok @1\n1: write x 2\n2: read x; ok 1 @2\n1: ok @2',
    valid: false,
    anomaly: 'revision-against-value',
  },
  {
    name: 'a lost write that fills the gap',
    text: '0: write x 1; ok @1\n1: write x 2; info\n2: read x; ok 2 @2\n2: cas x [2,3]; ok @3',
    valid: true,
  },
  {
    name: 'a lost write that would have to come before it was asked for',
    text: '0: write x 1; ok @1\n2: read x; ok 2 @2\n1: write x 2; info\n2: read x; ok 2 @2',
    valid: false,
    anomaly: 'revision-against-value',
  },
  {
    name: 'a lost write that would have to happen twice',
    text: '1: write x 2; info\n2: read x; ok 2 @1\n0: write x 1; ok @2\n2: read x; ok 2 @3',
    valid: false,
    anomaly: 'revision-against-value',
  },
];

for (const { name, text, valid, anomaly } of witnesses) {
  test(`witness: ${name} ${valid ? 'passes' : `is refused as ${anomaly}`}`, () => {
    const verdict = checkWitness(story(text).operations, registerModel());
    expect(verdict, valid);
    if (verdict.verdict === 'invalid') assert.equal(verdict.anomalies[0]?.name, anomaly);
  });
}

test('a witness that lacks a revision gives up instead of passing', () => {
  const verdict = checkWitness(story('0: write x 1; ok @1\n0: read x; ok 1').operations, registerModel());
  assert.equal(verdict.verdict === 'gave-up' && verdict.reason, 'no-revisions');
});

test('revisions that are wrong make a witness fail even where the answers are linearizable', () => {
  const history = story('0: write x 1; ok @2\n0: write x 2; ok @1\n1: read x; ok 2 @2');
  expect(checkWitness(history.operations, registerModel()), false);
  expect(checkHistory(history, { model: 'register' }), true);
  expect(checkHistory(history, { model: 'register', method: 'witness' }), false);
});

const named: readonly { readonly text: string; readonly anomaly: string }[] = [
  { text: '0: read x; ok 1', anomaly: 'thin-air-read' },
  { text: '0: write x 1; fail\n0: read x; ok 1', anomaly: 'aborted-read' },
  { text: '0: read x; ok 1\n0: write x 1; ok', anomaly: 'future-read' },
  { text: '0: write x 1; ok\n0: write x 2; ok\n0: read x; ok 1', anomaly: 'not-linearizable' },
];

for (const { text, anomaly } of named) {
  test(`zones name a ${anomaly}`, () => {
    const { verdict } = checkZones(story(text).operations);
    assert(verdict.verdict === 'invalid');
    assert.equal(verdict.anomalies[0]?.name, anomaly);
  });
}

test('zones leave out keys that hold a swap, a repeated value or the initial value, and judge the others', () => {
  const history = story(`
    0: cas a [1,2]; ok
    0: write b 1; ok
    0: write b 1; ok
    0: write c null; ok
    0: write d 1; ok
    0: read d; ok null
  `);
  const report = checkZones(history.operations);
  assert.deepEqual(report.unsuited, ['a', 'b', 'c']);
  assert(report.verdict.verdict === 'invalid');
  assert.deepEqual(
    report.verdict.anomalies.map(({ key }) => key),
    ['d'],
  );
});

test('a register may begin with another value than nothing', () => {
  const { operations } = story('0: read x; ok 7');
  expect(checkZones(operations, { initial: 7 }).verdict, true);
  expect(checkLinearizable(operations, registerModel(7)), true);
  expect(checkHistory({ operations }, { model: 'register', initial: 7 }), true);
  expect(checkHistory({ operations }, { model: 'register' }), false);
});

function expect(verdict: Verdict, valid: boolean): void {
  assert.equal(verdict.verdict, valid ? 'valid' : 'invalid', explainVerdict(verdict));
}
