/**
 * The judges below linearizability against their own definitions, tried on every order there is, over systems
 * that keep each promise by construction and over some that keep none; and the hierarchy between the levels.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkCausal,
  checkHistory,
  checkSequential,
  checkSessions,
  explainVerdict,
  registerModel,
  type Verdict,
} from '../../../src/sim/checkers/index.ts';
import { describeOperation, type Operation } from '../../../src/sim/history/index.ts';
import {
  bruteForceCausal,
  bruteForceCausalMemory,
  bruteForceConvergent,
  bruteForceSequential,
  bruteForceSequentialObjects,
  bruteForceSessions,
  fixedPointCausalMemory,
} from './brute-force-causality.ts';
import { mutate, simulate, toHistory } from './random-history.ts';
import { type Guarantee, simulateReplicated } from './replicated-history.ts';

interface Level {
  readonly name: string;
  readonly judge: (operations: readonly Operation[]) => Verdict;
  readonly truth: (operations: readonly Operation[]) => boolean;
  /** The systems that keep it by construction. */
  readonly keptBy: readonly Guarantee[];
  /** The levels that it includes. */
  readonly includes: readonly string[];
}

const levels: readonly Level[] = [
  {
    name: 'sequential',
    judge: (operations) => checkSequential(operations),
    truth: bruteForceSequential,
    keptBy: ['sequential'],
    includes: ['memory', 'convergent', 'causal', 'session'],
  },
  {
    name: 'memory',
    judge: (operations) => checkCausal(operations, { kind: 'CM' }),
    truth: bruteForceCausalMemory,
    keptBy: ['sequential', 'memory'],
    includes: ['causal', 'session'],
  },
  {
    name: 'convergent',
    judge: (operations) => checkCausal(operations, { kind: 'CCv' }),
    truth: bruteForceConvergent,
    keptBy: ['sequential', 'convergent'],
    includes: ['causal', 'session'],
  },
  {
    name: 'causal',
    judge: (operations) => checkCausal(operations, { kind: 'CC' }),
    truth: bruteForceCausal,
    keptBy: ['sequential', 'memory', 'convergent', 'wandering'],
    includes: [],
  },
  {
    name: 'session',
    judge: (operations) => checkSessions(operations),
    truth: bruteForceSessions,
    keptBy: ['sequential', 'memory', 'convergent', 'sticky'],
    includes: [],
  },
];

const promises: readonly Guarantee[] = ['sequential', 'memory', 'convergent', 'wandering', 'sticky', 'none'];

for (const promise of promises) {
  test(`tiny histories of a ${promise} system are judged at every level as the definitions judge them`, () => {
    const broken = new Map<string, number>();
    for (let seed = 1; seed <= 250; seed += 1) {
      const keys = 1 + (seed % 2);
      const { operations } = toHistory(
        simulateReplicated({ promise, seed, processes: 3, operations: 7, keys }),
      );
      for (const level of levels) {
        const verdict = level.judge(operations);
        const truth = level.truth(operations);
        const told = `${level.name}, seed ${seed}: ${explainVerdict(verdict)}\n${operations.map(describeOperation).join('\n')}`;
        assert.equal(verdict.verdict, truth ? 'valid' : 'invalid', told);
        if (level.keptBy.includes(promise)) assert(truth, `${promise} does not keep ${told}`);
        if (!truth) broken.set(level.name, (broken.get(level.name) ?? 0) + 1);
      }
    }
    if (promise === 'none') {
      for (const level of levels)
        assert((broken.get(level.name) ?? 0) >= 25, `${level.name} is hardly ever broken`);
    }
  });

  test(`longer histories of a ${promise} system keep its promise, and the hierarchy of levels`, () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { operations } = toHistory(
        simulateReplicated({ promise, seed, processes: 4, operations: 60, keys: 3 }),
      );
      const verdicts = new Map(levels.map(({ name, judge }) => [name, judge(operations).verdict]));
      for (const { name, keptBy, includes } of levels) {
        if (keptBy.includes(promise)) assert.equal(verdicts.get(name), 'valid', `${name}, seed ${seed}`);
        if (verdicts.get(name) !== 'valid') continue;
        for (const weaker of includes)
          assert.equal(verdicts.get(weaker), 'valid', `${name} holds and ${weaker} does not, seed ${seed}`);
      }
    }
  });
}

test('what is linearizable holds at every level, with lost answers and all', () => {
  let linearizable = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const events = simulate({
      kind: 'unique-register',
      seed,
      clients: 4,
      operations: 30,
      keys: 2,
      lossRate: 0.1,
    });
    // Revisions are claims of the system; a broken value under a true revision would be another question.
    const silent = events.map(({ revision: _, ...event }) => event);
    const history = toHistory(seed % 2 === 0 ? silent : mutate(silent, seed));
    if (checkHistory(history, { model: 'register' }).verdict !== 'valid') continue;
    linearizable += 1;
    for (const { name, judge } of levels) {
      const verdict = judge(history.operations);
      assert.equal(verdict.verdict, 'valid', `${name}, seed ${seed}: ${explainVerdict(verdict)}`);
    }
  }
  assert(linearizable > 150);
});

for (const kind of ['register', 'cas'] as const) {
  test(`the search for a sequential order agrees with the definition on ${kind} histories`, () => {
    let broken = 0;
    for (let seed = 1; seed <= 500; seed += 1) {
      const events = simulate({ kind, seed, clients: 3, operations: 7, keys: 2, lossRate: 0.1 });
      const { operations } = toHistory(mutate(mutate(events, seed), seed + 1));
      const truth = bruteForceSequentialObjects(registerModel(), operations);
      const verdict = checkSequential(operations);
      if (!truth) broken += 1;
      const told = `seed ${seed}: ${explainVerdict(verdict)}\n${operations.map(describeOperation).join('\n')}`;
      assert.equal(verdict.verdict, truth ? 'valid' : 'invalid', told);
    }
    assert(broken >= 25, `only ${broken} of 500 are broken`);
  });
}

test('causal memory is decided as the fixed point of its definition decides it', () => {
  let broken = 0;
  for (let seed = 1; seed <= 1000; seed += 1) {
    const promise = (['wandering', 'convergent'] as const)[seed % 2] as Guarantee;
    const keys = 1 + (seed % 3);
    const { operations } = toHistory(
      simulateReplicated({ promise, seed, processes: 4, operations: 16, keys }),
    );
    if (checkCausal(operations, { kind: 'CC' }).verdict !== 'valid') continue;
    const truth = fixedPointCausalMemory(operations);
    if (!truth) broken += 1;
    const verdict = checkCausal(operations, { kind: 'CM' });
    const told = `seed ${seed}: ${explainVerdict(verdict)}\n${operations.map(describeOperation).join('\n')}`;
    assert.equal(verdict.verdict, truth ? 'valid' : 'invalid', told);
  }
  assert(broken >= 50, `only ${broken} are broken`);
});
