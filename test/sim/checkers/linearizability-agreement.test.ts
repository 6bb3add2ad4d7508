/**
 * All judges of linearizability must say the same, on thousands of histories that are right by construction and
 * on as many that were broken a little. Who is right is settled by brute force where histories are tiny, and
 * between the judges where they are long.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkCounterBounds,
  checkHistory,
  checkLinearizable,
  checkTokens,
  checkWitness,
  checkZones,
  counterModel,
  explainVerdict,
  lockModel,
  type Model,
  type ModelName,
  queueModel,
  registerModel,
  type Verdict,
} from '../../../src/sim/checkers/index.ts';
import { describeOperation, type Operation } from '../../../src/sim/history/index.ts';
import { bruteForceLinearizable } from './brute-force.ts';
import { type Kind, mutate, simulate, toHistory } from './random-history.ts';

const models: Readonly<Record<Kind, Model<never>>> = {
  'unique-register': registerModel() as Model<never>,
  register: registerModel() as Model<never>,
  cas: registerModel() as Model<never>,
  lock: lockModel() as Model<never>,
  counter: counterModel() as Model<never>,
  'blind-counter': counterModel() as Model<never>,
  queue: queueModel() as Model<never>,
};

/** Fails with the seed and the history, so that one line replays it. */
function agree(
  verdict: Verdict,
  expected: boolean,
  who: string,
  seed: number,
  operations: readonly Operation[],
): void {
  assert.equal(
    verdict.verdict,
    expected ? 'valid' : 'invalid',
    `${who}, seed ${seed}: ${explainVerdict(verdict)}\n${operations.map(describeOperation).join('\n')}`,
  );
}

/** Judges that may only err in one direction. */
function provesNothingFalse(
  operations: readonly Operation[],
  model: Model<never>,
  truth: boolean,
  seed: number,
): void {
  const witness = checkWitness(operations, model);
  if (witness.verdict === 'valid') assert(truth, `witness passes what is broken, seed ${seed}`);
  if (model.name === 'counter' && checkCounterBounds(operations).verdict === 'invalid')
    assert(!truth, `bounds refuse what is right, seed ${seed}`);
  if (model.name === 'lock' && checkTokens(operations).verdict === 'invalid')
    assert(!truth, `tokens refuse what is right, seed ${seed}`);
}

for (const kind of Object.keys(models) as Kind[]) {
  const model = models[kind];

  test(`${kind}: a thousand tiny histories of an atomic object are all found linearizable`, () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const events = simulate({ kind, seed, clients: 4, operations: 7, lossRate: 0.15, failRate: 0.1 });
      const { operations } = toHistory(events);
      agree(checkLinearizable(operations, model), true, 'search', seed, operations);
      agree(checkWitness(operations, model), true, 'witness', seed, operations);
      provesNothingFalse(operations, model, true, seed);
      if (kind === 'unique-register') agree(checkZones(operations).verdict, true, 'zones', seed, operations);
    }
  });

  test(`${kind}: a thousand tiny broken histories are judged as brute force judges them`, () => {
    let broken = 0;
    for (let seed = 1; seed <= 1000; seed += 1) {
      const events = simulate({ kind, seed, clients: 4, operations: 7, lossRate: 0.15, failRate: 0.1 });
      const { operations } = toHistory(mutate(events, seed));
      const truth = bruteForceLinearizable(model, operations);
      if (!truth) broken += 1;
      agree(checkLinearizable(operations, model), truth, 'search', seed, operations);
      agree(
        checkHistory({ operations }, { model: model.name as ModelName }),
        truth,
        'auto',
        seed,
        operations,
      );
      provesNothingFalse(operations, model, truth, seed);
      if (kind === 'unique-register') agree(checkZones(operations).verdict, truth, 'zones', seed, operations);
    }
    assert(broken >= 100, `only ${broken} of 1000 are broken in truth: the mutations test nothing`);
  });

  test(`${kind}: long histories on several keys are found linearizable by every way of asking`, () => {
    const name = model.name as ModelName;
    for (let seed = 1; seed <= 10; seed += 1) {
      const events = simulate({
        kind,
        seed,
        clients: 8,
        operations: 400,
        keys: 3,
        lossRate: 0.02,
        failRate: 0.05,
      });
      const history = toHistory(events);
      for (const method of ['auto', 'search', 'witness'] as const) {
        if (kind === 'queue' && method === 'search') continue;
        agree(checkHistory(history, { model: name, method }), true, method, seed, history.operations);
      }
    }
  });
}

test('zones and search agree on long histories of different values, right and broken', () => {
  let broken = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const events = simulate({
      kind: 'unique-register',
      seed,
      clients: 8,
      operations: 120,
      keys: 2,
      lossRate: 0.05,
    });
    const { operations } = toHistory(mutate(events, seed));
    const zones = checkZones(operations).verdict;
    if (zones.verdict === 'invalid') broken += 1;
    agree(
      checkLinearizable(operations, registerModel()),
      zones.verdict === 'valid',
      'search',
      seed,
      operations,
    );
  }
  assert(broken >= 100, `only ${broken} of 300 are broken`);
});

test('an anomaly shows a part of the history that is broken by itself', () => {
  let judged = 0;
  for (let seed = 1; seed <= 2000; seed += 1) {
    const events = simulate({ kind: 'unique-register', seed, clients: 6, operations: 40, lossRate: 0.1 });
    const { verdict } = checkZones(toHistory(mutate(events, seed)).operations);
    if (verdict.verdict !== 'invalid') continue;
    for (const { operations, name } of verdict.anomalies) {
      if (name === 'aborted-read') continue;
      judged += 1;
      assert(operations.length <= 6, `${operations.length} operations shown, seed ${seed}`);
      assert(
        !bruteForceLinearizable(registerModel(), operations),
        `${name} shows nothing wrong, seed ${seed}`,
      );
    }
  }
  assert(judged > 500, `only ${judged} anomalies`);
});
