/** Members that come while the cluster is cut: they must not make a majority of a side that is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fleet, settledFleet } from './fleet.ts';

const majority = { strategy: { kind: 'keep-majority' } } as const;

function starts(fleet: Fleet, ids: string, contact: string): void {
  for (const id of ids) fleet.start(id, contact);
}

test('newcomers on the losing side do not make it the majority, however many, before the loss is known or after', () => {
  for (const waitSeconds of [1, 60]) {
    const fleet = settledFleet(5, majority);
    fleet.cut(['a', 'b', 'c'], ['d', 'e']);
    fleet.pass(waitSeconds);
    starts(fleet, 'klmnopqr', 'd');
    fleet.pass(600);
    assert.equal(fleet.going, 'abc', `newcomers after ${waitSeconds} s`);
    assert.equal(fleet.state('k'), 'degraded (minority)', 'newcomers give way with those they have found');
  }
});

test('newcomers on both sides change nothing, and those of the side that goes on may do what it may', () => {
  const fleet = settledFleet(5, majority);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(5);
  starts(fleet, 'uvw', 'a');
  starts(fleet, 'klmnopqr', 'd');
  fleet.pass(600);
  assert.equal(fleet.going, 'abcuvw');
});

test('whoever came to the side that goes on counts there after a while, and the side may lose those who were there before', () => {
  const fleet = settledFleet(5, majority);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(60);
  starts(fleet, 'uvwx', 'a');
  fleet.pass(300);
  for (const id of 'uvwx') assert.ok(fleet.isSettled(id), `${id} counts`);
  // With d and e, whom nobody but c knows as members of before, c would have the majority of five.
  fleet.cut(['a', 'b', 'u', 'v', 'w', 'x'], ['c', 'd', 'e']);
  fleet.pass(300);
  assert.equal(fleet.going, 'abuvwx');
});

test('a newcomer that finds nobody but newcomers does not go on with them', () => {
  const fleet = settledFleet(5, majority);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(60);
  starts(fleet, 'k', 'e');
  fleet.pass(1);
  starts(fleet, 'l', 'k');
  fleet.pass(5);
  for (const id of 'de') fleet.crash(id);
  fleet.pass(100);
  starts(fleet, 'm', 'l');
  fleet.pass(600);
  assert.equal(fleet.going, 'abc');
  assert.equal(fleet.state('m'), 'degraded (unsettled)');
  fleet.heal();
  fleet.pass(120);
  assert.equal(fleet.going, 'abcklm', 'd and e are still lost');
});

test('of three sides that all grow at most one goes on', () => {
  const fleet = settledFleet(7, majority);
  fleet.cut(['a', 'b', 'c', 'd'], ['e', 'f'], ['g']);
  fleet.pass(20);
  starts(fleet, 'klmnop', 'e');
  starts(fleet, 'rstuvwxyz', 'g');
  fleet.pass(600);
  assert.equal(fleet.going, 'abcd');
  fleet.cut(['a', 'b'], ['c', 'e', 'f'], ['d', 'g']);
  fleet.pass(600);
  assert.equal(fleet.going, '', 'nobody of the seven has more than three of them');
});

test('after the partition newcomers count: of the next one it may be their side that goes on', () => {
  const fleet = settledFleet(5, majority);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(60);
  starts(fleet, 'klmn', 'd');
  fleet.pass(120);
  fleet.heal();
  fleet.pass(30);
  assert.equal(fleet.isSettled('k'), false, 'not at once');
  fleet.pass(120);
  assert.equal(fleet.going, 'abcdeklmn');
  fleet.cut(['a', 'b', 'c', 'd'], ['e', 'k', 'l', 'm', 'n']);
  fleet.pass(300);
  assert.equal(fleet.going, 'eklmn');
});

test('a partition that comes again before newcomers count makes their side no majority, and takes it from the other', () => {
  const fleet = settledFleet(5, majority);
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(60);
  starts(fleet, 'klmnopqr', 'd');
  fleet.pass(60);
  for (let times = 0; times < 5; times += 1) {
    fleet.heal();
    fleet.pass(25);
    fleet.cut(['a', 'b', 'c'], 'deklmnopqr'.split(''));
    fleet.pass(120);
    assert.equal(fleet.going, '', 'of the eight nobody knows here whether they count there by now');
  }
});

test('in its first minutes a cluster is judged by all who were there before the loss, since nobody counts yet', () => {
  const fleet = settledFleet(5, { ...majority, settleAfter: '60s' });
  for (const id of fleet.ids) {
    fleet.crash(id);
    fleet.start(
      id,
      fleet.ids.find((other) => other !== id),
    );
  }
  fleet.pass(20);
  assert.ok(
    fleet.ids.every((id) => !fleet.isSettled(id)),
    'all have started anew',
  );
  fleet.cut(['a', 'b', 'c'], ['d', 'e']);
  fleet.pass(100);
  starts(fleet, 'klmnopqr', 'd');
  fleet.pass(300);
  assert.equal(fleet.going, 'abc');
});

test('members that start anew one after the other while one is dead count again after a while each', () => {
  const fleet = settledFleet(5, majority);
  fleet.crash('e');
  fleet.pass(60);
  for (const id of 'abcd') {
    fleet.crash(id);
    fleet.start(id, id === 'a' ? 'b' : 'a');
    fleet.pass(180);
  }
  assert.equal(fleet.going, 'abcd');
  for (const id of fleet.ids) assert.ok(fleet.isSettled(id), `${id} counts`);
});
