import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeConfiguration } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { acceptedLetter, appendLetter, pulseLetter, snapshotLetter } from './letters.ts';
import { commandEntry, entriesOf, termsOf } from './logs.ts';
import { Member } from './member.ts';

const abc = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], level: 1, details: [] };
const lone = { options: { tailBytesMax: 0 } };

/** Leader 1 has a log that begins behind what member 3 holds. */
function clusterWithStraggler(options: { readonly durableMachine?: boolean } = {}): Cluster {
  const cluster = new Cluster({ voters: [1, 2, 3], ...lone, ...options });
  cluster.elect(1);
  cluster.pass(4).isolate(3).propose('a', 'b', 'c');
  for (const id of [1, 2]) {
    cluster.at(id).finishWork();
    cluster.at(id).takeSnapshot();
  }
  assert.equal(cluster.at(1).status.base, 4);
  return cluster;
}

function install(member: Member, index: number, term: number, configuration = abc, hash = index): void {
  const letter = snapshotLetter({ from: 2, to: member.id, term: 9 }, [index, term], configuration);
  member.receiveSnapshot(letter.mark, hash);
  assert(member.receive(letter).accepted);
}

test('a follower that lacks what was compacted gets a snapshot, and then the log (§7)', () => {
  const cluster = clusterWithStraggler();
  cluster.propose('d').mend().pass(8);
  const member = cluster.at(3);
  assert.deepEqual([member.status.base, member.status.last], [4, 5]);
  assert.deepEqual(member.commands, ['d']);
  assert.equal(member.hash, cluster.at(1).hash);
  member.crash();
  member.restart();
  cluster.pass(2);
  assert.equal(member.hash, cluster.at(1).hash, 'the snapshot and the log behind it survive a restart');
});

test('a snapshot at or below the commit index is never installed', () => {
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    log: [1, 1, 1, 1],
    hardState: { term: 1, commit: 3 },
  });
  for (const index of [1, 2, 3]) install(member, index, 1);
  member.finishDisk();
  assert.deepEqual([member.status.base, member.status.last, member.applied], [0, 4, 3]);
  const matches = member.takeSent().map((message) => message.kind === 'append-accepted' && message.match);
  assert.deepEqual(matches, [3], 'but its sender learns how far it is');
});

test('a snapshot older than what is compacted is never installed: the state would go back', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [] });
  install(member, 5, 1);
  member.finishDisk();
  install(member, 3, 1);
  member.finishDisk();
  assert.deepEqual(
    [member.status.base, member.status.last, member.status.commit, member.applied],
    [5, 5, 5, 5],
  );
});

test('figure 13, 6 · a snapshot of what the log holds only moves the commit index', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [1, 1, 1, 1] });
  install(member, 3, 1);
  member.finishDisk();
  assert.deepEqual([member.status.base, member.status.last, member.status.commit], [0, 4, 3]);
  assert.equal(member.applied, 3, 'it applies the entries themselves');
});

test('figure 13, 7 · 23 · a snapshot that ends in a conflicting entry replaces the whole log', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [1, 2, 2, 2, 2] });
  install(member, 3, 4);
  member.finishDisk();
  assert.deepEqual([member.status.base, member.status.last, member.applied], [3, 3, 3]);
  assert.equal(member.hash, 3);
  assert.deepEqual(member.durable.entries, []);
  member.receive(appendLetter({ from: 2, to: 1, term: 9 }, { previous: [3, 4], entries: entriesOf([5], 4) }));
  member.finishDisk();
  assert.deepEqual(termsOf(member.durable.entries), [5]);
});

test('22 · what lay behind an installed snapshot does not decide who belongs to the group', () => {
  // The log ends in a configuration that was never committed; the snapshot is of another history.
  const stray = { ...abc, voters: [1, 2, 3, 4, 5] };
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    entries: [
      commandEntry(1, 1),
      { index: 2, term: 2, kind: 'configuration', data: encodeConfiguration(stray) },
    ],
  });
  assert.deepEqual(member.status.configuration.voters, [1, 2, 3, 4, 5]);
  install(member, 6, 4, { ...abc, voters: [1, 2], learners: [] });
  assert.deepEqual(member.status.configuration.voters, [1, 2]);
  member.finishDisk();
  member.crash();
  member.restart();
  assert.deepEqual(member.status.configuration.voters, [1, 2]);
});

test('22 · behind a snapshot, truncation brings back the configuration of the snapshot', () => {
  const member = new Member({ id: 1, voters: [1] });
  install(member, 6, 4);
  const data = encodeConfiguration({ ...abc, voters: [1, 2, 3, 4] });
  const change = { index: 7, term: 9, kind: 'configuration', data } as const;
  member.receive(appendLetter({ from: 2, to: 1, term: 9 }, { previous: [6, 4], entries: [change] }));
  assert.deepEqual(member.status.configuration.voters, [1, 2, 3, 4]);
  member.receive(
    appendLetter({ from: 3, to: 1, term: 10 }, { previous: [6, 4], entries: [commandEntry(7, 10)] }),
  );
  assert.deepEqual(member.status.configuration, abc);
});

test('a snapshot names the configuration that was in force where it was taken', () => {
  const cluster = new Cluster({ voters: [1], learners: [2], ...lone });
  cluster.pass(3).change({ kind: 'promote', member: 2 });
  cluster.propose('x').pass(3);
  const leader = cluster.at(1);
  assert.deepEqual(leader.core.snapshotMark(1).configuration.learners, [2]);
  assert.deepEqual(leader.core.snapshotMark(2).configuration.voters, [1, 2]);
  leader.takeSnapshot();
  assert.deepEqual(leader.durable.configuration.voters, [1, 2]);
  leader.crash();
  leader.restart();
  assert.deepEqual(leader.status.configuration.voters, [1, 2]);
});

test('24 · a snapshot is restored after what was handed out before it, and before what comes behind', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [1, 1, 1], slowMachine: true });
  member.receive(appendLetter({ from: 2, to: 1, term: 9 }, { previous: [3, 1], commit: 3 }));
  member.finishWork(1);
  install(member, 8, 4);
  member.finishDisk();
  member.receive(
    appendLetter(
      { from: 2, to: 1, term: 9 },
      { previous: [8, 4], entries: entriesOf([9, 9], 9), commit: 10 },
    ),
  );
  member.finishDisk();
  member.finishWork(2);
  assert.equal(member.applied, 3);
  member.finishWork();
  assert.equal(member.applied, 10);
  assert.deepEqual(member.commands.at(-1), '10.9');
});

test('24 · a snapshot that the state machine overtook while it was being taken does no harm', () => {
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    log: [1, 1, 1],
    hardState: { term: 1, commit: 3 },
    ...lone,
  });
  const mark = member.core.snapshotMark(2);
  install(member, 8, 4);
  member.finishDisk();
  assert.equal(mark.index, 2);
  member.step({ kind: 'snapshot-taken', index: 2 });
  assert.equal(member.status.base, 8);
});

test('24, 25 · of two snapshots in quick succession the state machine gets one at a time, and ends with the newer', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], slowMachine: true });
  install(member, 5, 2);
  install(member, 9, 4);
  member.finishDisk();
  member.finishWork();
  assert.deepEqual([member.applied, member.hash], [9, 9]);

  // The second comes while the first is being restored; the third takes the second’s place.
  install(member, 12, 4);
  member.finishDisk();
  install(member, 15, 4);
  member.finishDisk();
  install(member, 20, 5);
  member.finishDisk();
  member.receive(
    appendLetter({ from: 2, to: 1, term: 9 }, { previous: [20, 5], entries: entriesOf([9], 21), commit: 21 }),
  );
  member.finishDisk();
  const reached: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    member.finishWork(1);
    reached.push(member.applied);
  }
  assert.deepEqual(reached, [12, 20, 21]);
  assert.deepEqual(member.commands, ['21.9']);
});

test('25 · two snapshots whose writes are both under way: the older answer counts for nothing', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3] });
  install(member, 5, 2);
  install(member, 9, 4);
  assert.equal(member.disk.length, 2);
  member.finishPersist();
  assert.deepEqual([member.status.durable, member.applied], [0, 0]);
  member.finishPersist();
  assert.deepEqual([member.status.durable, member.applied], [9, 9]);
});

test('a snapshot is acknowledged when its mark is durable', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3] });
  install(member, 5, 2);
  assert.deepEqual(member.takeSent(), []);
  member.finishDisk();
  const [reply] = member.takeSent();
  assert(reply?.kind === 'append-accepted' && reply.match === 5);
});

test('a stream that fails is tried again with the next sign of life, and does not spin', () => {
  const cluster = clusterWithStraggler();
  const streams = cluster.hold(({ kind }) => kind === 'install-snapshot');
  cluster.mend().pass(6);
  const leader = cluster.at(1);
  assert.equal(streams.held.length, 1, 'one stream at a time');
  for (let times = 2; times < 5; times += 1) {
    leader.step({ kind: 'snapshot-sent', to: 3, delivered: false });
    cluster.settle();
    assert.equal(streams.held.length, times - 1, 'not at once');
    cluster.pass(6);
    assert.equal(streams.held.length, times);
  }
  streams.release();
  cluster.pass(8);
  assert.equal(cluster.at(3).hash, leader.hash);
});

test('while a snapshot is on its way the log is not sent, and the member counts as alive', () => {
  const cluster = clusterWithStraggler();
  cluster.hold(({ kind }) => kind === 'install-snapshot');
  cluster.mend().pass(6);
  const appends = cluster.hold(({ kind, to }) => kind === 'append' && to === 3);
  cluster.propose('d').crash(2).pass(60);
  assert.deepEqual(appends.held, []);
  assert.equal(cluster.at(1).status.role, 'leader', 'two of three answer heartbeats');
});

test('a delivered snapshot whose answer was lost is not sent again', () => {
  const cluster = clusterWithStraggler();
  const streams: unknown[] = [];
  cluster.hold((message) => {
    if (message.kind === 'install-snapshot') streams.push(message);
    return message.kind === 'append-accepted' && message.from === 3 && message.match === 4;
  });
  cluster.mend().pass(12);
  assert.equal(streams.length, 1);
});

test('a member that catches up by itself while a snapshot is sent is served from there', () => {
  const cluster = clusterWithStraggler();
  cluster.hold(({ kind }) => kind === 'install-snapshot');
  cluster.mend().pass(6).propose('d');
  const leader = cluster.at(1);
  const mark = cluster.at(2).durable.snapshot;
  assert(mark !== undefined);
  leader.receive(acceptedLetter({ from: 3, to: 1, term: 1 }, mark.index));
  const sent = leader.takeSent().filter(({ kind, to }) => kind === 'append' && to === 3);
  assert(sent[0]?.kind === 'append' && sent[0].previous.index === mark.index);
});

test('a leader without a snapshot that reaches back to its log keeps the follower waiting, and does not spin', () => {
  // It restarted with a compacted log and has not taken a snapshot since.
  const cluster = clusterWithStraggler();
  for (const id of [1, 2]) cluster.at(id).durable.snapshot = undefined;
  cluster.crash(1, 2);
  for (const id of [1, 2]) {
    cluster.at(id).durable.snapshotHash = cluster.history.applied.get(4) as number;
    cluster.at(id).restart();
  }
  cluster.elect(1);
  cluster.mend().pass(12);
  assert.equal(cluster.at(3).status.last < 4, true);
  cluster.propose('d').at(1).takeSnapshot();
  cluster.pass(12);
  assert.equal(cluster.at(3).hash, cluster.at(1).hash);
});

test('27 · a snapshot that ends before the log begins is not sent, since nobody could go on from there', () => {
  // The newer snapshot of a restarted leader was damaged, and its disk brought an older one back.
  const cluster = clusterWithStraggler({ durableMachine: true });
  const older = { index: 2, term: 1, configuration: abc };
  cluster.crash(1).at(1).durable.snapshot = older;
  const streams = cluster.hold(({ kind }) => kind === 'install-snapshot');
  cluster.at(1).restart();
  cluster.elect(1);
  cluster.mend().pass(12);
  assert.deepEqual(streams.held, []);
  assert(cluster.at(3).status.last < 4);
});

test('behind a snapshot a tail of the log is kept, so that a slow follower needs none', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { tailBytesMax: 64 * 10 + 200 } });
  cluster.elect(1);
  cluster.pass(4).isolate(3);
  for (let turn = 0; turn < 30; turn += 1) cluster.propose(`${turn % 10}`);
  const leader = cluster.at(1);
  leader.takeSnapshot();
  const { base, last } = leader.status;
  assert(base < last - 9 && base > last - 20, `${base}..${last}`);
  assert.equal(leader.durable.snapshot?.index, last);
  assert.equal(leader.durable.entries[0]?.index, base + 1, 'and the disk keeps it too');
});

test('a snapshot is not taken twice, nor of less than was taken before', () => {
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    log: [1, 1, 1],
    hardState: { term: 1, commit: 3 },
    ...lone,
  });
  member.step({ kind: 'snapshot-taken', index: 3 });
  assert.equal(member.status.base, 3);
  member.step({ kind: 'snapshot-taken', index: 2 });
  member.step({ kind: 'snapshot-taken', index: 3 });
  assert.equal(member.status.base, 3);
});

test('a follower too compacts its log, and a leader that lacks what it holds is still followed', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], ...lone });
  cluster.elect(1);
  cluster.propose('a', 'b', 'c').pass(4);
  cluster.at(2).takeSnapshot();
  assert.equal(cluster.at(2).status.base, 4);
  cluster.elect(3);
  cluster.propose('d').pass(4);
  assert.deepEqual(cluster.at(2).commands.at(-1), 'd');
});

test('a heartbeat that answers a stuck follower in the turn of a compaction does not reach behind the log', () => {
  // 1. The window to member 3 is full and lost. 2. In one turn the log is compacted past it, and it answers.
  const cluster = new Cluster({ voters: [1, 2, 3], options: { tailBytesMax: 0, inflightMessagesMax: 2 } });
  const leader = cluster.elect(1);
  cluster.pass(4).cut(1, 3);
  for (let turn = 0; turn < 5; turn += 1) cluster.propose(`${turn}`);
  const mark = leader.core.snapshotMark(leader.applied);
  leader.takeSent();
  leader.gather(
    { kind: 'snapshot-taken', index: mark.index },
    { kind: 'receive', message: pulseLetter({ from: 3, to: 1, term: 1 }, 1) },
  );
  leader.durable.snapshot = mark;
  leader.collect();
  const sent = leader.takeSent().filter(({ to }) => to === 3);
  assert.deepEqual(
    sent.map(({ kind }) => kind),
    ['install-snapshot'],
  );
});

test('reads wait for a snapshot as for any entry', () => {
  const cluster = clusterWithStraggler();
  const streams = cluster.hold(({ kind }) => kind === 'install-snapshot');
  cluster.mend().pass(4);
  const member = cluster.at(3);
  member.read(1);
  cluster.settle();
  assert.equal(member.reads.has(1), false);
  streams.release();
  cluster.pass(4);
  assert.equal(member.reads.get(1), 4);
});
