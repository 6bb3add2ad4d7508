import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { PendingProposals } from '../../src/node/pending-proposals.ts';
import type { Waiter } from '../../src/node/waiter.ts';
import type { Entry } from '../../src/raft/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

interface Story {
  readonly pending: PendingProposals;
  /** What became of each proposal, by its name. */
  readonly outcomes: Map<string, string>;
  propose(name: string, index: number, term: number): void;
  /** Proposals of one turn: the first stands at `index`. */
  proposeTogether(names: readonly string[], index: number, term: number): void;
  apply(index: number, term: number): void;
}

function story(): Story {
  const pending = new PendingProposals(0, new ManualClock());
  const outcomes = new Map<string, string>();
  const waiter = (name: string): Waiter => ({
    resolve: (reply) => outcomes.set(name, `applied: ${Buffer.from(reply).toString()}`),
    reject: (error) => {
      assert.ok(isQuorateError(error) && error.code === 'proposal-lost');
      outcomes.set(name, `${error.outcome}, ${error.retryable ? 'try again' : 'ask first'}`);
    },
  });
  return {
    pending,
    outcomes,
    propose: (name, index, term) => pending.add(index, term, [waiter(name)]),
    proposeTogether: (names, index, term) => pending.add(index, term, names.map(waiter)),
    apply: (index, term) => {
      const entry: Entry = { index, term, kind: 'command', data: new Uint8Array(0) };
      pending.applied(entry, Buffer.from(`reply ${index}`));
    },
  };
}

test('a proposal hears the reply to its own entry', () => {
  const { pending, outcomes, propose, apply } = story();
  for (const index of [5, 6, 7]) propose(`p${index}`, index, 2);
  apply(4, 1);
  assert.equal(outcomes.size, 0);
  apply(5, 2);
  apply(6, 2);
  assert.deepEqual(
    [...outcomes],
    [
      ['p5', 'applied: reply 5'],
      ['p6', 'applied: reply 6'],
    ],
  );
  assert.equal(pending.size, 1);
});

test('a proposal whose place another leader took was certainly not applied, and may be tried again', () => {
  const { outcomes, propose, apply } = story();
  propose('replaced', 5, 2);
  propose('behind it', 6, 2);
  apply(5, 3);
  assert.deepEqual([...outcomes], [['replaced', 'not-applied, try again']]);
  apply(6, 3);
  assert.equal(outcomes.get('behind it'), 'not-applied, try again');
});

test('when leadership ends nobody knows, and nobody is left waiting', () => {
  const { pending, outcomes, propose, apply } = story();
  propose('a', 5, 2);
  propose('b', 6, 2);
  pending.abandon('this node no longer leads');
  pending.abandon('this node no longer leads');
  assert.deepEqual([...outcomes.values()], ['unknown, ask first', 'unknown, ask first']);
  assert.equal(pending.size, 0);
  apply(5, 2);
  propose('c', 7, 4);
  apply(7, 4);
  assert.equal(outcomes.get('c'), 'applied: reply 7');
});

test('an entry that was passed over tells nothing about what became of it', () => {
  const { outcomes, propose, apply } = story();
  propose('a', 5, 2);
  apply(9, 2);
  assert.equal(outcomes.get('a'), 'unknown, ask first');
});

test('proposals of one turn hear of their entries one by one, and lose what they lose one by one', () => {
  const { pending, outcomes, proposeTogether, apply } = story();
  proposeTogether(['a', 'b', 'c', 'd'], 5, 2);
  apply(5, 2);
  assert.deepEqual([...outcomes], [['a', 'applied: reply 5']]);
  assert.equal(pending.size, 3);
  apply(7, 3);
  assert.deepEqual([...outcomes].slice(1), [
    ['b', 'unknown, ask first'],
    ['c', 'not-applied, try again'],
  ]);
  pending.abandon('the story ends');
  assert.equal(outcomes.get('d'), 'unknown, ask first');
  assert.equal(pending.size, 0);
});
