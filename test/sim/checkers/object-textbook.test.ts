/** Swaps, locks, counters and queues: small histories whose verdicts are known, judged by search. */
import { test } from 'node:test';
import {
  checkHistory,
  checkLinearizable,
  counterModel,
  lockModel,
  type Model,
  queueModel,
  registerModel,
} from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';
import { expectVerdict } from './verdict-expectation.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  readonly valid: boolean;
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
    expectVerdict(checkLinearizable(operations, model), valid);
    expectVerdict(checkHistory({ operations }, { model: model as Model<unknown>, method: 'search' }), valid);
  });
}
