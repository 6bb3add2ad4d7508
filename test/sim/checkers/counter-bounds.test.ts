/** Bounds on counters: necessary conditions, each as tight as real time makes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCounterBounds, checkHistory, explainVerdict } from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';
import { expectVerdict } from './verdict-expectation.ts';

const rows: readonly { readonly name: string; readonly text: string; readonly valid: boolean }[] = [
  { name: 'what has ended counts', text: '0: add c 2; ok\n1: read c; ok 2', valid: true },
  { name: 'what has ended cannot be missed', text: '0: add c 2; ok\n1: read c; ok 1', valid: false },
  { name: 'what is under way may count', text: '0: add c 2\n1: read c; ok 2\n0: ok', valid: true },
  { name: 'what is under way may not count', text: '0: add c 2\n1: read c; ok 0\n0: ok', valid: true },
  { name: 'what begins afterwards does not count', text: '1: read c; ok 2\n0: add c 2; ok', valid: false },
  {
    name: 'what was lost may count, now or later',
    text: '0: add c 2; info\n1: read c; ok 0\n1: read c; ok 2',
    valid: true,
  },
  { name: 'what has failed does not count', text: '0: add c 2; fail\n1: read c; ok 2', valid: false },
  { name: 'what lowers may have happened', text: '0: add c -3\n1: read c; ok -3\n0: ok', valid: true },
  { name: 'what has lowered cannot be missed', text: '0: add c -3; ok\n1: read c; ok 0', valid: false },
  { name: 'an add tells its new value within the bounds', text: '0: add c 2; ok 3', valid: false },
  { name: 'another counter does not count', text: '0: add d 2; ok\n1: read c; ok 2', valid: false },
];

for (const { name, text, valid } of rows) {
  test(`${name}: ${valid ? 'within' : 'out of'} bounds`, () => {
    const history = story(text);
    expectVerdict(checkCounterBounds(history.operations), valid);
    expectVerdict(checkHistory(history, { model: 'counter' }), valid);
  });
}

test('bounds say where the counter stood, and begin where they are told', () => {
  const history = story('0: add c 2; ok\n1: read c; ok 1');
  const verdict = checkCounterBounds(history.operations, { initial: 10 });
  assert.match(explainVerdict(verdict), /^counter-out-of-bounds on key "c": it stood between 12 and 12/);
  expectVerdict(checkHistory(story('0: read c; ok 10'), { model: 'counter', initial: 10 }), true);
});
