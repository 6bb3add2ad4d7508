import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './cluster.ts';
import { voteRequestLetter } from './letters.ts';

test('leadership is handed to a voter that is up to date, at once and without a pre-vote (§3.10)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.propose('x').pass(4);
  const preVotes = cluster.hold((message) => message.kind === 'vote-request' && message.preVote);
  assert(leader.step({ kind: 'transfer', to: 3 }).accepted);
  cluster.settle();
  assert.deepEqual(preVotes.held, []);
  assert.deepEqual(cluster.leaders, [3]);
  assert.equal(cluster.leader.status.term, 2);
});

test('a successor that is behind is brought up to date first, and proposals wait for the next leader', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).isolate(3).propose('a', 'b', 'c');
  assert(leader.step({ kind: 'transfer', to: 3 }).accepted);
  cluster.pass(5);
  assert.deepEqual(cluster.leaders, [1]);
  const refused = leader.propose('d');
  assert(!refused.accepted && refused.error.code === 'not-leader');
  assert.deepEqual(refused.error.data, { group: 1, leader: 3 });
  cluster.mend().pass(6);
  assert.deepEqual(cluster.leaders, [3]);
  assert.deepEqual(cluster.at(3).commands, ['a', 'b', 'c']);
});

test('a successor that does not take over in time is given up, and proposals flow again', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).crash(3);
  assert(leader.step({ kind: 'transfer', to: 3 }).accepted);
  cluster.pass(19);
  assert(!leader.propose('x').accepted);
  cluster.pass(1);
  assert(leader.propose('x').accepted);
});

test('a word to campaign that arrives after the transfer was given up elects, and loses nothing', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4);
  const word = cluster.hold(({ kind }) => kind === 'transfer-now');
  leader.step({ kind: 'transfer', to: 3 });
  cluster.pass(20).propose('after').pass(4);
  assert.equal(word.held.length, 1, 'it is sent once');
  word.release();
  cluster.settle();
  assert.deepEqual(cluster.leaders, [3]);
  assert.deepEqual(cluster.at(3).commands, ['after']);
});

test('a word to campaign of an old term moves nobody', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const first = cluster.elect(1);
  cluster.pass(4);
  const word = cluster.hold(({ kind }) => kind === 'transfer-now');
  first.step({ kind: 'transfer', to: 3 });
  cluster.settle().elect(2);
  cluster.pass(4);
  word.release();
  cluster.settle();
  assert.deepEqual(cluster.leaders, [2]);
});

test('leadership goes to voters only, and to one at a time', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const leader = cluster.elect(1);
  cluster.pass(4).isolate(3);
  for (const [to, part] of [
    [4, /not a voter/],
    [9, /not a voter/],
  ] as const) {
    const refused = leader.step({ kind: 'transfer', to });
    assert(!refused.accepted && refused.error.code === 'transfer-refused');
    assert.match(refused.error.message, part);
  }
  assert(leader.step({ kind: 'transfer', to: 1 }).accepted, 'it leads already');
  assert(leader.step({ kind: 'transfer', to: 3 }).accepted);
  assert(leader.step({ kind: 'transfer', to: 3 }).accepted, 'asked twice');
  const second = leader.step({ kind: 'transfer', to: 2 });
  assert(!second.accepted && second.error.code === 'transfer-refused');
  const follower = cluster.at(2).step({ kind: 'transfer', to: 2 });
  assert(!follower.accepted && follower.error.code === 'not-leader');
});

test('a learner that is told to campaign does not', () => {
  const cluster = new Cluster({ voters: [1, 2], learners: [3] });
  cluster.elect(1);
  cluster.pass(4);
  cluster.at(3).receive({ kind: 'transfer-now', group: 1, from: 1, to: 3, term: 1 });
  assert.equal(cluster.at(3).status.role, 'follower');
});

test('a successor whose log is not complete does not win, though promises do not stand in its way', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.pass(4).isolate(3).propose('x').mend();
  const { last } = cluster.at(3).status;
  for (const id of [1, 2])
    cluster.at(id).receive(voteRequestLetter({ from: 3, to: id, term: 2 }, [last, 1], { forced: true }));
  cluster.settle();
  for (const id of [1, 2]) assert.equal(cluster.at(id).durable.hardState.vote === 3, false);
  cluster.elect(1);
});

test('a member of priority 0 leads when leadership is handed to it', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.at(2).restart({ priority: 0 });
  cluster.pass(6);
  leader.step({ kind: 'transfer', to: 2 });
  cluster.settle();
  assert.deepEqual(cluster.leaders, [2]);
});
