/** Members that are lost for good and never come back under their names: when a side may stop counting them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartitionGuard, type PartitionStrategy } from '../../../src/gossip/verdict/index.ts';
import { refuses } from '../../time/refusals.ts';
import { settledFleet } from './fleet.ts';
import { Story } from './story.ts';

const forgetful = { strategy: { kind: 'keep-majority' }, forgetLostAfter: '3m' } as const;

test('where names are never used again the lost do not add up until the majority is gone', () => {
  for (const [options, going] of [
    [forgetful, 5],
    [{ strategy: forgetful.strategy }, 0],
  ] as const) {
    const fleet = settledFleet(5, options);
    for (let birth = 0; birth < 12; birth += 1) {
      const [victim, contact] = fleet.ids as [string, string];
      fleet.crash(victim);
      fleet.start(`x${birth}`, contact);
      fleet.pass(400);
    }
    const access = fleet.ids.filter((id) => fleet.lives.get(id)?.guard.access === 'full');
    assert.equal(access.length, going, JSON.stringify(options));
  }
});

test('a side that goes on gives up the others, and the others count no longer, also for one who is parted and finds them', () => {
  const fleet = settledFleet(5, forgetful);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(60);
  assert.equal(fleet.state('a'), 'up (majority)');
  assert.ok(fleet.isSettled('d'));
  fleet.pass(200);
  assert.equal(fleet.state('a'), 'whole');
  assert.equal(fleet.isSettled('d'), false);
  // To d and e it is three of five; to a and b it is two of three.
  fleet.cut(['a', 'b'], ['c', 'd', 'e']);
  fleet.pass(120);
  assert.equal(fleet.going, 'ab');
  fleet.heal();
  fleet.pass(200);
  assert.equal(fleet.going, 'abcde');
  for (const id of fleet.ids) assert.ok(fleet.isSettled(id), `${id} counts again`);
});

test('a side that gave way gives nobody up, however long it waits', () => {
  const fleet = settledFleet(5, forgetful);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  for (const id of 'abc') fleet.crash(id);
  fleet.pass(7_200);
  assert.equal(fleet.going, '');
  assert.deepEqual(fleet.lives.get('d')?.guard.counts, { alive: 2, known: 5 });
});

test('a side that has just come to go on gives nobody up for as long as the others may still count', () => {
  const fleet = settledFleet(5, forgetful);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(85);
  fleet.cut(['a', 'b'], ['c', 'd', 'e']);
  fleet.pass(100);
  assert.equal(fleet.going, 'cde', 'before half of the time was over');
  assert.equal(fleet.lives.get('d')?.guard.counts.known, 5, 'although it lost them long ago');
  fleet.pass(200);
  assert.equal(fleet.state('d'), 'whole');
  assert.equal(fleet.isSettled('a'), false);
});

test('a member whose machine was suspended may have been given up, and does not count for a while', () => {
  const story = new Story({ forgetLostAfter: '5m', settleAfter: '60s' });
  story.pass(60);
  assert.ok(story.guard.isSettled);
  story.take(story.guard.suspended(story.nowMs));
  assert.equal(story.guard.isSettled, false);
  story.pass(59);
  story.guard.stalled(2_000);
  story.pass(2);
  assert.equal(story.guard.isSettled, false, 'nor does it wait while it stands still');
  story.pass(1);
  assert.ok(story.guard.isSettled);
});

test('what could let two sides go on is refused', () => {
  const guard = (strategy: PartitionStrategy, more: object) => () =>
    new PartitionGuard({ self: 'a', strategy, forgetLostAfter: '10m', ...more });
  guard({ kind: 'keep-majority' }, {})();
  refuses(guard({ kind: 'keep-majority' }, { settleAfter: '6m' }), 'invalid-option');
  refuses(guard({ kind: 'keep-majority' }, { settleAfter: 0, forgetLostAfter: 0 }), 'invalid-option');
  refuses(guard({ kind: 'lease-majority' }, {}), 'invalid-option');
  refuses(guard({ kind: 'down-all' }, {}), 'invalid-option');
});
