/** Reads and writes of registers: small histories whose verdicts are known from books and papers, judged by zones and by search. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkHistory,
  checkLinearizable,
  checkZones,
  registerModel,
} from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';
import { expectVerdict } from './verdict-expectation.ts';

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
    expectVerdict(zones.verdict, valid);
    expectVerdict(checkLinearizable(operations, registerModel()), valid);
    expectVerdict(checkHistory({ operations }, { model: 'register' }), valid);
  });
}

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
  expectVerdict(checkZones(operations, { initial: 7 }).verdict, true);
  expectVerdict(checkLinearizable(operations, registerModel(7)), true);
  expectVerdict(checkHistory({ operations }, { model: 'register', initial: 7 }), true);
  expectVerdict(checkHistory({ operations }, { model: 'register' }), false);
});
