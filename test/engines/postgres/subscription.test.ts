/** What waits for a slow reader: bounded, in order, and honest about what was forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../../src/engines/postgres/answers.ts';
import { Subscription } from '../../../src/engines/postgres/subscription.ts';

function change(sequence: number, { name = 'n', bytes = 1 } = {}): Change {
  return { sequence, through: sequence, name, bytes, event: { kind: 'deleted', key: `d/${name}` } };
}

function taken(subscription: Subscription, position = 0): readonly number[] | undefined {
  return subscription.take(position)?.map(({ sequence }) => sequence);
}

test('what was heard is taken once, behind where its reader is', () => {
  const subscription = new Subscription(undefined);
  subscription.begin(3);
  subscription.push([change(4), change(5)]);
  subscription.push([change(6)]);
  assert.deepEqual(taken(subscription, 4), [5, 6]);
  assert.deepEqual(taken(subscription, 6), []);
});

test('a watch of one item keeps nothing of others', () => {
  const subscription = new Subscription('mine');
  subscription.push([change(4, { name: 'other' }), change(5, { name: 'mine' })]);
  assert.deepEqual(taken(subscription), [5]);
});

test('what is too much is forgotten and told, until its reader has looked at everything', () => {
  for (const bytes of [1, 2 ** 20]) {
    const subscription = new Subscription(undefined);
    for (let at = 1; at <= 1_001; at += 1) subscription.push([change(at, { bytes })]);
    assert.equal(taken(subscription), undefined);
    assert.equal(taken(subscription), undefined);
    subscription.forget();
    subscription.push([change(1_002)]);
    assert.deepEqual(taken(subscription), [1_002]);
  }
});

test('who waits is woken by what comes, by a loss, by an error and by his signal', async () => {
  const subscription = new Subscription(undefined);
  const { signal } = new AbortController();
  for (const wake of [
    () => subscription.push([change(4)]),
    () => subscription.miss(),
    () => subscription.begin(1),
    () => subscription.restart(),
  ]) {
    const waiting = subscription.wait(signal);
    wake();
    await waiting;
  }
  assert.equal(subscription.since, undefined);
  const controller = new AbortController();
  const waiting = subscription.wait(controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(subscription.wait(controller.signal), /enough/);
  const failing = subscription.wait(signal);
  subscription.fail(new Error('no more'));
  await failing;
  assert.throws(() => subscription.take(0), /no more/);
});
