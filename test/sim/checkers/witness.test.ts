/** The order that a system claims by its revisions: what it must agree with, and what a lie is called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHistory, checkWitness, registerModel } from '../../../src/sim/checkers/index.ts';
import type { HistoryEvent } from '../../../src/sim/history/index.ts';
import { story } from './history-notation.ts';
import { simulate, toHistory } from './random-history.ts';
import { expectVerdict } from './verdict-expectation.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  readonly valid: boolean;
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
    expectVerdict(verdict, valid);
    if (verdict.verdict === 'invalid') assert.equal(verdict.anomalies[0]?.name, anomaly);
  });
}

test('a witness that lacks a revision gives up instead of passing', () => {
  const verdict = checkWitness(story('0: write x 1; ok @1\n0: read x; ok 1').operations, registerModel());
  assert.equal(verdict.verdict === 'gave-up' && verdict.reason, 'no-revisions');
});

test('revisions that are wrong make a witness fail even where the answers are linearizable', () => {
  const history = story('0: write x 1; ok @2\n0: write x 2; ok @1\n1: read x; ok 2 @2');
  expectVerdict(checkWitness(history.operations, registerModel()), false);
  expectVerdict(checkHistory(history, { model: 'register' }), true);
  expectVerdict(checkHistory(history, { model: 'register', method: 'witness' }), false);
});

test('many operations are put in the order of their revisions, near each other or far apart', () => {
  const events = simulate({ kind: 'register', seed: 1, clients: 20, operations: 12_000 });
  for (const factor of [1, 1_000_003, 100_000_000_007]) {
    const spread = events.map((event) =>
      event.revision === undefined ? event : { ...event, revision: event.revision * factor },
    );
    expectVerdict(checkWitness(toHistory(spread).operations, registerModel()), true);
    const wrong = spread.findIndex(({ type, f }, place) => place > 10_000 && type === 'ok' && f === 'write');
    const moved = spread.with(wrong, { ...(spread[wrong] as HistoryEvent), revision: factor * 3 });
    expectVerdict(checkWitness(toHistory(moved).operations, registerModel()), false);
  }
});
