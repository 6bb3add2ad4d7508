/**
 * The judge of transactions against the definitions, tried on every order there is, over stores of every
 * isolation. Each history ends with a read of every key, so that the order of all versions is known and the
 * judge has no excuse.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkListAppend,
  checkListSessions,
  explainVerdict,
  type IsolationLevel,
} from '../../../src/sim/checkers/index.ts';
import { describeOperation, type Operation } from '../../../src/sim/history/index.ts';
import {
  anyOrder,
  bruteForceSerializable,
  bruteForceSnapshotIsolation,
  processOrder,
  realTimeOrder,
} from './brute-force-transactions.ts';
import { toHistory } from './random-history.ts';
import { type Isolation, mutateTransactions, simulateTransactions } from './transaction-history.ts';

const truths: readonly {
  readonly level: IsolationLevel;
  readonly truth: (operations: readonly Operation[]) => boolean;
}[] = [
  { level: 'strict-serializable', truth: (operations) => bruteForceSerializable(operations, realTimeOrder) },
  { level: 'sequential', truth: (operations) => bruteForceSerializable(operations, processOrder) },
  { level: 'serializable', truth: (operations) => bruteForceSerializable(operations, anyOrder) },
  { level: 'snapshot-isolation', truth: bruteForceSnapshotIsolation },
];

/** What each store keeps by construction. */
const kept: Readonly<Record<Isolation, readonly IsolationLevel[]>> = {
  strict: [
    'strict-serializable',
    'sequential',
    'serializable',
    'snapshot-isolation',
    'causal',
    'read-committed',
  ],
  snapshot: ['snapshot-isolation', 'causal', 'read-committed'],
  committed: [],
  dirty: [],
};

/** Each level with those that it includes. */
const included: readonly (readonly [IsolationLevel, readonly IsolationLevel[]])[] = [
  ['strict-serializable', ['sequential', 'serializable', 'snapshot-isolation', 'causal', 'read-committed']],
  ['sequential', ['serializable', 'causal']],
  ['serializable', ['snapshot-isolation', 'read-committed']],
  ['snapshot-isolation', ['read-committed']],
  ['causal', ['read-committed']],
];

for (const isolation of Object.keys(kept) as Isolation[]) {
  test(`tiny histories of a ${isolation} store are judged as the definitions judge them`, () => {
    let broken = 0;
    for (let seed = 1; seed <= 250; seed += 1) {
      const scenario = { isolation, seed, clients: 3, transactions: 4, keys: 2, stepsMax: 3, lossRate: 0.1 };
      const events = simulateTransactions(scenario);
      const { operations } = toHistory(seed % 2 === 0 ? events : mutateTransactions(events, seed));
      for (const { level, truth } of truths) {
        const verdict = checkListAppend(operations, level);
        const expected = truth(operations);
        if (!expected) broken += 1;
        assert.equal(
          verdict.verdict,
          expected ? 'valid' : 'invalid',
          `${level}, seed ${seed}: ${explainVerdict(verdict)}\n${operations.map(describeOperation).join('\n')}`,
        );
      }
    }
    assert(broken >= 60, `only ${broken} of 1000 verdicts are against it`);
  });

  test(`longer histories of a ${isolation} store keep what it promises, and the hierarchy of levels`, () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const scenario = {
        isolation,
        seed,
        clients: 5,
        transactions: 80,
        keys: 4,
        stepsMax: 4,
        lossRate: 0.05,
      };
      const { operations } = toHistory(simulateTransactions(scenario));
      const verdictOf = (level: IsolationLevel): string => checkListAppend(operations, level).verdict;
      for (const level of kept[isolation]) assert.equal(verdictOf(level), 'valid', `${level}, seed ${seed}`);
      for (const [level, weaker] of included) {
        if (verdictOf(level) !== 'valid') continue;
        for (const other of weaker)
          assert.equal(verdictOf(other), 'valid', `${level} but not ${other}, seed ${seed}`);
      }
      if (isolation === 'strict')
        assert.equal(checkListSessions(operations).verdict, 'valid', `seed ${seed}`);
    }
  });
}
