/** The one entry: which questions it takes, which it refuses, and what it says when it runs out of budget. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../../src/base/index.ts';
import {
  type CheckOptions,
  type ConsistencyLevel,
  checkHistory,
  checkLinearizable,
  checkSequential,
  explainVerdict,
  type Model,
  type ModelName,
  registerModel,
} from '../../../src/sim/checkers/index.ts';
import type { Operation } from '../../../src/sim/history/index.ts';
import { story } from './history-notation.ts';
import { simulate, toHistory } from './random-history.ts';

const levels: readonly ConsistencyLevel[] = [
  'linearizable',
  'sequential',
  'causal',
  'session',
  'serializable',
  'strict-serializable',
  'snapshot-isolation',
  'read-committed',
];

const known: Readonly<Record<ModelName, readonly ConsistencyLevel[]>> = {
  register: ['linearizable', 'sequential', 'causal', 'session'],
  'list-append': levels,
  lock: ['linearizable'],
  counter: ['linearizable'],
  queue: ['linearizable'],
};

for (const model of Object.keys(known) as ModelName[]) {
  for (const level of levels) {
    const asked = known[model].includes(level);
    test(`${model} at ${level} ${asked ? 'is judged' : 'is refused as a question that means nothing'}`, () => {
      const check = (): string => checkHistory(story(''), { model, level }).verdict;
      if (asked) assert.equal(check(), 'valid');
      else assert.throws(check, (error) => isQuorateError(error) && error.code === 'invalid-option');
    });
  }
}

test('a model or a level that nobody knows is refused, and the message names the known ones', () => {
  const ask = (options: object) => (): unknown => checkHistory(story(''), options as CheckOptions);
  assert.throws(ask({ model: 'map' }), /one of register, list-append, lock, counter, queue/);
  assert.throws(ask({ model: 'toString' }), /one of register/);
  assert.throws(
    ask({ model: 'register', level: 'eventual' }),
    /one of linearizable, sequential, causal, session/,
  );
  assert.throws(ask({ model: 'counter', initial: 'x' }), /must be a number/);
  assert.throws(ask({ model: 'register', budget: { stepsMax: 0 } }), /stepsMax is 0/);
});

const unfit: readonly { readonly model: ModelName; readonly text: string }[] = [
  { model: 'register', text: '0: add x 1; ok 1' },
  { model: 'register', text: '0: read x; ok [1,2]' },
  { model: 'list-append', text: '0: write x 1; ok' },
  { model: 'list-append', text: '0: read x; ok 1' },
  { model: 'lock', text: '0: read l; ok null' },
  { model: 'lock', text: '0: write r "token"; ok' },
  { model: 'counter', text: '0: read c; ok null' },
  { model: 'queue', text: '0: acquire q; ok true' },
];

for (const { model, text } of unfit) {
  test(`${model}: a history with "${text}" is refused, not judged`, () => {
    assert.throws(
      () => checkHistory(story(text), { model }),
      (error) => isQuorateError(error) && error.code === 'unfit-history' && error.data.operation === 0,
    );
  });
}

test('a search that runs out of steps or memory gives up, and says what to do', () => {
  const history = toHistory(simulate({ kind: 'cas', seed: 1, clients: 10, operations: 300 }));
  for (const [budget, reason] of [
    [{ stepsMax: 100 }, 'steps'],
    [{ memoryBytesMax: 100 }, 'memory'],
  ] as const) {
    const verdict = checkHistory(history, { model: 'register', method: 'search', budget });
    assert(verdict.verdict === 'gave-up' && verdict.reason === reason, explainVerdict(verdict));
    assert.match(explainVerdict(verdict), /raise it, or record fewer operations/);
  }
});

test('sequential and causal judges give up at their budget too', () => {
  const events = simulate({ kind: 'register', seed: 1, clients: 10, operations: 300, keys: 3 });
  const { operations } = toHistory(events);
  const sequential = checkSequential(operations, { budget: { stepsMax: 50 } });
  assert.equal(sequential.verdict === 'gave-up' && sequential.reason, 'steps');
  const unique = toHistory(simulate({ kind: 'unique-register', seed: 1, clients: 10, operations: 300 }));
  for (const [budget, reason] of [
    [{ stepsMax: 50 }, 'steps'],
    [{ memoryBytesMax: 50 }, 'memory'],
  ] as const) {
    const causal = checkHistory(unique, { model: 'register', level: 'causal', budget });
    assert.equal(causal.verdict === 'gave-up' && causal.reason, reason);
  }
});

test('a broken key is told even where another could not be judged', () => {
  const history = story(`
    0: write a 1; ok
    0: read a; ok null
    0: cas b [1,2]
    1: cas b [2,3]
    0: ok false
    1: ok false
  `);
  const verdict = checkHistory(history, { model: 'register', budget: { stepsMax: 1 } });
  assert.equal(verdict.verdict, 'invalid');
});

test('users judge their own objects by a model of their own', () => {
  const maxRegister: Model<number> = {
    name: 'max-register',
    functions: ['write', 'read'],
    dependsOnProcess: false,
    initial: () => 0,
    step: (state, { f, input, output, outcome }: Operation) => {
      if (f === 'write') return Math.max(state, input as number);
      return outcome === 'unknown' || output === state ? state : undefined;
    },
    identity: (state) => state,
    show: (state) => `stands at ${state}`,
  };
  const fine = story('0: write m 5; ok\n0: write m 3; ok\n1: read m; ok 5');
  const broken = story('0: write m 5; ok\n0: write m 3; ok\n1: read m; ok 3');
  const ask = (history: typeof fine): string =>
    checkHistory(history, { model: maxRegister as Model<unknown> }).verdict;
  assert.equal(ask(fine), 'valid');
  assert.equal(ask(broken), 'invalid');
});

test('a failed search tells the prefix, the state and the operation that found no place', () => {
  const history = story(`
    0: write x 1; ok
    0: cas x [1,2]; ok
    1: write x 3
    2: read x; ok 7
    1: ok
  `);
  const text = explainVerdict(checkLinearizable(history.operations, registerModel()));
  assert.match(text, /^not-linearizable on key "x": the register holds 2 after the operations/);
  assert.match(text, /process 0 {2}cas x 1 to 2 → done {2}\[/);
  assert.match(text, /process 1 {2}write x 3 → done/);
  assert.match(text.split('\n').at(-1) ?? '', /process 2 {2}read x → 7 {2}\[5\.000 µs … 6\.000 µs\]/);
});
