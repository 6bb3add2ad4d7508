import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './cluster.ts';
import { acceptedLetter, heartbeatLetter, pulseLetter } from './letters.ts';
import { Member, type TestOptions } from './member.ts';

const silent: TestOptions = { quiesceTicks: 12 };

function silentCluster(options: TestOptions = {}): Cluster {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { ...silent, ...options } });
  cluster.elect(1);
  cluster.propose('x').pass(15);
  assert.deepEqual(quiet(cluster), [true, true, true]);
  return cluster;
}

function quiet(cluster: Cluster): boolean[] {
  return [...cluster.members.values()].map(({ status }) => status.quiescent);
}

test('a group without work falls silent with all its members, and time does not end its leadership', () => {
  const cluster = silentCluster();
  const messages = cluster.hold(() => true);
  cluster.pass(2000);
  assert.deepEqual(messages.held, []);
  assert.deepEqual(cluster.leaders, [1]);
});

test('without the option a group never falls silent', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.pass(2000);
  assert.deepEqual(quiet(cluster), [false, false, false]);
});

test('a proposal wakes the whole group', () => {
  const cluster = silentCluster();
  cluster.propose('y').pass(1);
  assert.deepEqual(quiet(cluster), [false, false, false]);
  assert.deepEqual(cluster.at(3).commands, ['x', 'y']);
  cluster.pass(15);
  assert.deepEqual(quiet(cluster), [true, true, true]);
});

test('each kind of request wakes the group and is served', () => {
  const requests: readonly [string, (cluster: Cluster) => void][] = [
    ['a read on the leader', (cluster) => cluster.at(1).read(1)],
    ['a read on a follower', (cluster) => cluster.at(2).read(1)],
    ['a change', (cluster) => cluster.change({ kind: 'demote', member: 3 })],
    ['a transfer', (cluster) => cluster.at(1).step({ kind: 'transfer', to: 2 })],
  ];
  for (const [name, request] of requests) {
    const cluster = silentCluster();
    request(cluster);
    cluster.settle();
    assert.equal(cluster.leader.status.quiescent, false, name);
    const reads = [...cluster.at(1).reads, ...cluster.at(2).reads];
    if (name.startsWith('a read')) assert.deepEqual(reads, [[1, 2]], name);
  }
});

test('a lease that was held when the group fell silent does not hold any more when it wakes', () => {
  const cluster = silentCluster({ leaseReads: true });
  const leader = cluster.at(1);
  leader.now += 10_000;
  leader.read(1, 'lease');
  assert.equal(leader.reads.has(1), false);
  cluster.settle();
  assert.equal(leader.reads.get(1), leader.applied);
});

test('a silent follower whose leader is gone campaigns when it is told', () => {
  const cluster = silentCluster({ priority: 10, seed: 5 });
  cluster.crash(1).pass(500);
  assert.deepEqual(cluster.leaders, []);
  for (const id of [2, 3]) cluster.at(id).step({ kind: 'unreachable', member: 1 });
  cluster.pass(60);
  assert.notEqual(cluster.leader.id, 1);
});

test('a member that crashed in silence wakes the others when it comes back', () => {
  const cluster = silentCluster({ priority: 10, seed: 5 });
  for (const id of [1, 2]) {
    cluster.crash(id).pass(20).restart(id).pass(100);
    assert(cluster.leader.propose('awake').accepted);
    cluster.pass(60);
    assert.deepEqual(quiet(cluster), [true, true, true]);
  }
});

test('a follower that missed the word asks, and the group takes it up', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { ...silent, priority: 10, seed: 5 } });
  cluster.pass(60);
  const { id } = cluster.leader;
  const other = id === 3 ? 2 : 3;
  const words = cluster.hold(
    (message) => message.kind === 'heartbeat' && message.to === other && message.quiesceAt !== undefined,
  );
  cluster.propose('y');
  while (words.held.length === 0) cluster.pass(1);
  words.drop();
  assert.equal(cluster.at(other).status.quiescent, false);
  cluster.pass(100);
  assert.deepEqual(quiet(cluster), [true, true, true]);
  assert.equal(cluster.leader.id, id);
});

const unsettled: readonly { readonly name: string; readonly prepare: (leader: Member) => void }[] = [
  {
    name: 'an entry is not committed',
    prepare: (leader) => {
      leader.propose('x');
      leader.finishDisk();
    },
  },
  {
    name: 'a follower lacks an entry',
    prepare: (leader) => {
      leader.propose('x');
      leader.finishDisk();
      leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
    },
  },
  {
    name: 'a follower that was unreachable lacks an entry',
    prepare: (leader) => {
      leader.propose('x');
      leader.finishDisk();
      leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
      leader.step({ kind: 'unreachable', member: 3 });
      leader.receive(pulseLetter({ from: 3, to: 1, term: 1 }, 1));
    },
  },
  {
    name: 'a read waits',
    prepare: (leader) => {
      leader.read(1);
    },
  },
  {
    name: 'leadership is being transferred',
    prepare: (leader) => {
      leader.propose('x');
      leader.step({ kind: 'transfer', to: 2 });
    },
  },
  {
    name: 'a member departs',
    prepare: (leader) => {
      leader.step({ kind: 'change', changes: [{ kind: 'remove', member: 3 }] });
      leader.finishDisk();
      leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
    },
  },
];

for (const { name, prepare } of unsettled) {
  test(`a group is not silent while ${name}`, () => {
    const cluster = new Cluster({ voters: [1, 2, 3], options: { ...silent, electionTicksMax: 500 } });
    const leader = cluster.elect(1);
    prepare(leader);
    leader.tick(100);
    assert.equal(leader.status.quiescent, false);
    const words = leader
      .takeSent()
      .filter((message) => message.kind === 'heartbeat' && message.quiesceAt !== undefined);
    assert.deepEqual(words, []);
  });
}

test('a group of one is not silent while its disk has not answered', () => {
  const cluster = new Cluster({ voters: [1], options: { ...silent, diskStallTicksMax: 500 } });
  const leader = cluster.pass(1).at(1);
  leader.propose('x');
  leader.tick(100);
  assert.equal(leader.status.quiescent, false);
  leader.finishDisk();
  leader.tick(20);
  assert.equal(leader.status.quiescent, true);
  assert.deepEqual(leader.commands, ['x']);
});

test('a follower falls silent only when its log ends where the leader’s does', () => {
  const member = new Member({ id: 2, voters: [1, 2, 3], log: [1, 1], hardState: { term: 1, commit: 1 } });
  const hear = (commit: number, quiesceAt: readonly [number, number]): boolean => {
    member.receive(heartbeatLetter({ from: 1, to: 2, term: 1 }, { commit, quiesceAt }));
    return member.status.quiescent;
  };
  assert.equal(hear(1, [1, 1]), false, 'its log is longer');
  assert.equal(hear(1, [2, 1]), false, 'it does not know that all is committed');
  assert.equal(hear(2, [2, 3]), false, 'its log is another');
  assert.equal(hear(2, [2, 1]), true);
});

test('a follower with a read on its way stays awake, so that the read fails in time', () => {
  // 1. The leader is about to fall silent. 2. A follower asks; the question is lost. 3. The word comes.
  const cluster = new Cluster({ voters: [1, 2, 3], options: silent });
  cluster.elect(1);
  cluster.propose('x').pass(10);
  const questions = cluster.hold(({ kind }) => kind === 'read-request');
  cluster.at(2).read(1);
  cluster.pass(60);
  assert.equal(questions.held.length, 1);
  assert.equal(cluster.at(2).reads.get(1), 'failed');
  assert.deepEqual(quiet(cluster), [true, true, true], 'and then all fall silent');
});

test('what is refused wakes nobody', () => {
  const cluster = silentCluster();
  for (const { id } of cluster.members.values()) {
    const member = cluster.at(id);
    assert(!member.receive({ ...pulseLetter({ from: 2, to: id, term: 1 }, 1), group: 9 }).accepted);
    assert(!member.receive(pulseLetter({ from: id === 1 ? 8 : 1, to: id + 5, term: 1 }, 1)).accepted);
    if (id !== 1) assert(!member.propose('y').accepted);
  }
  assert(!cluster.at(1).propose('x'.repeat(9 << 20)).accepted);
  assert.deepEqual(quiet(cluster), [true, true, true]);
});

test('the disk and the state machine may report while the group is silent', () => {
  const cluster = silentCluster();
  cluster.at(2).takeSnapshot();
  cluster.at(1).step({ kind: 'stalled', stallMs: 10 });
  cluster.at(1).step({ kind: 'applied', index: 1 });
  assert.deepEqual(quiet(cluster), [true, true, true]);
});

test('an awakened leader counts its quorum from then on', () => {
  const cluster = silentCluster();
  cluster.pass(500).isolate(1).at(1).propose('y');
  cluster.pass(19);
  assert.equal(cluster.at(1).status.role, 'leader');
  cluster.pass(21);
  assert.equal(cluster.at(1).status.role, 'follower');
});
