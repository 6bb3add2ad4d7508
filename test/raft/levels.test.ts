import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Configuration,
  type Entry,
  emptyConfiguration,
  encodeConfiguration,
  type LevelRange,
  RaftGroup,
  type Recovery,
  type Verdict,
} from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { appendLetter, snapshotLetter, voteReplyLetter } from './letters.ts';
import { Member } from './member.ts';

const first: LevelRange = { least: 1, most: 1 };
const both: LevelRange = { least: 1, most: 2 };
const second: LevelRange = { least: 2, most: 2 };

/** Every member hears on an open connection what the software of these is. */
function announce(cluster: Cluster, levels: LevelRange | undefined, ...who: readonly number[]): Cluster {
  for (const member of cluster.members.values())
    for (const other of who)
      if (member.up && other !== member.id) member.step({ kind: 'announced', member: other, levels });
  return cluster;
}

/** What each member has in its log, and what it knows to be committed. */
function levelsOf(cluster: Cluster): (readonly [logged: number, committed: number])[] {
  return [...cluster.members.values()].map(({ status }) => [status.configuration.level, status.level]);
}

function proposeAt(member: Member, level: number): Verdict {
  return member.step({ kind: 'propose', commands: [Buffer.from('new')], level });
}

function errorOf(verdict: Verdict): {
  readonly code: string;
  readonly message: string;
  readonly data: object;
  readonly retryable: boolean;
} {
  assert(!verdict.accepted, 'it is refused');
  return verdict.error;
}

/** Long enough for a leader to count whom it heard, twice. */
const counted = 45;

test('the level rises when every member has said that it can follow, and not before', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4], options: { levelMax: 2 } });
  cluster.elect(1);
  cluster.pass(counted);
  announce(cluster, both, 2, 3).pass(counted);
  announce(cluster, first, 4).pass(counted);
  assert.deepEqual(levelsOf(cluster), [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  announce(cluster, both, 4).pass(counted);
  assert.deepEqual(levelsOf(cluster), [
    [2, 2],
    [2, 2],
    [2, 2],
    [2, 2],
  ]);
});

test('a word that was given on a connection which is gone does not count', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  cluster.elect(1);
  announce(cluster, both, 2, 3);
  announce(cluster, undefined, 3).pass(counted);
  assert.equal(cluster.leader.status.configuration.level, 1);
});

test('nor does one of a member that nobody hears any more', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  cluster.elect(1);
  cluster.isolate(3).pass(counted);
  announce(cluster, both, 2, 3).pass(counted);
  assert.equal(cluster.leader.status.configuration.level, 1);
  cluster.mend().pass(counted);
  assert.equal(cluster.leader.status.level, 2);
});

test('a member that has gone beyond the next level blocks it: releases are not skipped', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 3 } });
  cluster.elect(1);
  announce(cluster, both, 2);
  announce(cluster, { least: 3, most: 3 }, 3).pass(counted);
  assert.equal(cluster.leader.status.configuration.level, 1);
});

test('several levels are risen by one after the other', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 3 } });
  cluster.elect(1);
  announce(cluster, { least: 1, most: 3 }, 2, 3).pass(2 * counted);
  assert.deepEqual(cluster.leader.status.level, 3);
  const raises = cluster.leader.events.filter((event) => event.kind === 'configuration-changed');
  assert.deepEqual(
    raises.map(({ configuration }) => configuration.level),
    [2, 3],
  );
});

test('a group of one rises by itself', () => {
  const cluster = new Cluster({ voters: [1], options: { levelMax: 2 } });
  cluster.elect(1);
  cluster.pass(counted);
  assert.equal(cluster.leader.status.level, 2);
});

test('a group that has fallen silent wakes up to rise', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2, quiesceTicks: 12 } });
  cluster.elect(1);
  announce(cluster, both, 2).pass(counted);
  assert.equal(cluster.leader.status.quiescent, true);
  announce(cluster, both, 3).pass(counted);
  assert.deepEqual([cluster.leader.status.level, cluster.leader.status.quiescent], [2, true]);
});

test('a new leader knows what was announced while another one led', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  cluster.elect(1);
  announce(cluster, both, 1, 2, 3);
  cluster.crash(1).elect(2);
  cluster.restart(1);
  cluster.at(2).step({ kind: 'announced', member: 1, levels: both });
  cluster.pass(counted);
  assert.equal(cluster.leader.id, 2);
  assert.equal(cluster.leader.status.level, 2);
});

test('what needs a level is refused until that level is committed; appended is not enough', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  const leader = cluster.elect(1);
  const data = { group: 1, needed: 2, level: 1, unfit: [], silent: [] };
  assert.deepEqual(errorOf(proposeAt(leader, 2)).data, data);
  const acceptances = cluster.pass(2).hold(({ kind }) => kind === 'append-accepted');
  announce(cluster, both, 2, 3).pass(20);
  assert.deepEqual([leader.status.configuration.level, leader.status.level], [2, 1]);
  const { code, message } = errorOf(proposeAt(leader, 2));
  assert.equal(code, 'level-too-low');
  assert.match(message, /for level 2.*at level 1/);
  acceptances.release();
  cluster.pass(4);
  assert.equal(proposeAt(leader, 2).accepted, true);
  assert.equal(errorOf(proposeAt(leader, 3)).code, 'level-too-low');
  assert.equal(errorOf(proposeAt(cluster.at(2), 2)).code, 'not-leader');
});

test('a raise that was not committed is rolled back with its entry', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  const old = cluster.elect(1);
  cluster.pass(2).hold(({ kind, from }) => kind === 'append' && from === 1);
  announce(cluster, both, 2, 3).pass(20, [1]);
  assert.deepEqual([old.status.configuration.level, old.status.level], [2, 1]);
  announce(cluster, undefined, 1, 2, 3).isolate(1).elect(2);
  cluster.propose('x').mend().pass(6);
  assert.deepEqual([old.status.configuration.level, old.status.level, old.isLeader], [1, 1, false]);
  assert.deepEqual(old.commands, ['x']);
});

test('the level stays through changes of members, joint ones included', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5], options: { levelMax: 2 } });
  cluster.elect(1);
  announce(cluster, both, 2, 3, 4, 5).pass(counted);
  cluster.change(
    { kind: 'promote', member: 4 },
    { kind: 'promote', member: 5 },
    { kind: 'demote', member: 2 },
    { kind: 'remove', member: 3 },
  );
  cluster.pass(6);
  assert.deepEqual(cluster.leader.status.configuration, {
    voters: [1, 4, 5],
    outgoing: [],
    learners: [2],
    learnersNext: [],
    level: 2,
    details: [],
  });
});

test('no raise beside another change, nor of a joint configuration, nor while leadership goes over', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5], options: { levelMax: 2 } });
  const leader = cluster.elect(1);
  cluster.pass(2);
  const acceptances = cluster.hold(({ kind }) => kind === 'append-accepted');
  const changes = [
    { kind: 'promote', member: 4 },
    { kind: 'promote', member: 5 },
  ] as const;
  assert(leader.step({ kind: 'change', changes }).accepted);
  announce(cluster, both, 2, 3, 4, 5).pass(15);
  assert.deepEqual([leader.status.configuration.level, leader.isLeader], [1, true]);
  acceptances.release();
  cluster.pass(counted);
  assert.deepEqual(leader.status.configuration.voters, [1, 2, 3, 4, 5]);
  assert.equal(leader.status.level, 2);
});

test('no other change while a raise is not committed', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  const leader = cluster.elect(1);
  cluster.pass(2).hold(({ kind }) => kind === 'append-accepted');
  announce(cluster, both, 2, 3).pass(20);
  assert.equal(leader.status.configuration.level, 2);
  const verdict = leader.step({ kind: 'change', changes: [{ kind: 'add-learner', member: 4 }] });
  assert.equal(errorOf(verdict).code, 'change-refused');
});

test('a member that fell behind gets the level with a snapshot, and has it after a restart', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2, tailBytesMax: 0 } });
  const leader = cluster.elect(1);
  cluster.pass(2);
  // The raise stands between: member 3 answers what it heard before, and then no more.
  announce(cluster, both, 2, 3).cut(1, 3).pass(20);
  assert.equal(leader.status.level, 2);
  cluster.propose('a', 'b').pass(2);
  leader.takeSnapshot();
  assert.equal(cluster.at(3).status.configuration.level, 1);
  cluster.mend().pass(counted);
  assert.deepEqual([cluster.at(3).status.level, cluster.at(3).status.base], [2, leader.status.base]);
  cluster.crash(1, 3).restart(1, 3);
  assert.deepEqual([cluster.at(1).status.level, cluster.at(3).status.level], [2, 2]);
});

function configurationEntry(index: number, term: number, level: number): Entry {
  const data = encodeConfiguration({ ...emptyConfiguration, voters: [1, 2, 3], level });
  return { index, term, kind: 'configuration', data };
}

test('an old release refuses a raise, says what to do, and is as it was', () => {
  const marked = { ...emptyConfiguration, voters: [1, 2, 3], level: 2 };
  const letters = [
    appendLetter({ from: 2, to: 1, term: 5 }, { previous: [1, 1], entries: [configurationEntry(2, 5, 2)] }),
    snapshotLetter({ from: 2, to: 1, term: 5 }, [7, 4], marked),
  ];
  for (const letter of letters) {
    const member = new Member({ id: 1, voters: [1, 2, 3], log: [1] });
    const before = member.status;
    const { code, message, data } = errorOf(member.receive(letter));
    assert.equal(code, 'level-unsupported');
    assert.deepEqual(data, { level: 2, least: 1, most: 1 });
    assert.match(message, /level 2.*supports levels 1 to 1.*install a release that supports level 2/);
    assert.deepEqual(member.status, { ...before, refusedMessages: 1 });
    assert.deepEqual([member.disk, member.sent], [[], []]);
  }
});

test('a raise of an old term, which may never have been committed, makes nobody stop', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [1] });
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 9 }, false));
  const late = appendLetter(
    { from: 2, to: 1, term: 5 },
    { previous: [1, 1], entries: [configurationEntry(2, 5, 2)] },
  );
  assert.equal(errorOf(member.receive(late)).code, 'message-refused');
});

test('a raise on stale knowledge: the old member stays out, the others are enough', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
  cluster.elect(1);
  announce(cluster, both, 2, 3).pass(2);
  // Taken back to the old release, and nobody has noticed.
  cluster.crash(3);
  cluster.at(3).restart({ levelMax: 1 });
  cluster.pass(counted).propose('x');
  assert.equal(cluster.leader.status.level, 2);
  assert.deepEqual(cluster.at(2).commands, ['x']);
  assert.deepEqual([cluster.at(3).status.configuration.level, cluster.at(3).commands], [1, []]);
  cluster.crash(3);
  cluster.at(3).restart({ levelMax: 2 });
  cluster.pass(counted);
  assert.deepEqual(cluster.at(3).commands, ['x']);
});

const voter = { ...emptyConfiguration, voters: [1, 2, 3] };
const learner = { ...emptyConfiguration, voters: [2, 3], learners: [1] };
const atTwo = (configuration: Configuration): Configuration => ({ ...configuration, level: 2 });
const mark = { index: 4, term: 1, configuration: atTwo(voter) };
const logged = [configurationEntry(1, 1, 2)];
const risen = [configurationEntry(1, 1, 1), configurationEntry(2, 1, 2)];
const hardState = { term: 1, vote: 0, commit: 0 };

const starts: readonly (readonly [name: string, levels: LevelRange, recovery: Recovery, starts: boolean])[] =
  [
    ['a configuration above', first, { configuration: atTwo(voter) }, false],
    ['one that it supports', both, { configuration: atTwo(voter) }, true],
    ['an entry above, committed or not', first, { configuration: voter, hardState, entries: logged }, false],
    ['a snapshot above', first, { configuration: voter, hardState, base: mark, snapshot: mark }, false],
    ['a level that this release has left behind', second, { configuration: voter }, false],
    ['one that was left in the log since', second, { configuration: voter, hardState, entries: risen }, true],
    ['an old one, in the log of one who only learns', second, { configuration: learner }, true],
    ['nothing', second, {}, true],
  ];

for (const [name, { least, most }, recovery, isStarted] of starts) {
  test(`levels ${least} to ${most} and a log with ${name}: ${isStarted ? 'starts' : 'refuses to start'}`, () => {
    const start = (): RaftGroup =>
      new RaftGroup({ group: 1, member: 1, seed: 1, levelMin: least, levelMax: most }, recovery);
    if (isStarted) assert.equal(start().status().role, 'follower');
    else assert.throws(start, { code: 'level-unsupported' });
  });
}

test('a newcomer knows no level', () => {
  assert.equal(new Member({ id: 4 }).status.level, 0);
});

const waits = [
  {
    name: 'nobody has said anything yet, and all were heard a moment ago',
    say: () => undefined,
    told: { unfit: [], silent: [], retryable: true },
  },
  {
    name: 'all can follow',
    say: (cluster: Cluster) => void announce(cluster, both, 2, 3),
    told: { unfit: [], silent: [], retryable: true },
  },
  {
    name: 'one runs a release that cannot follow',
    say: (cluster: Cluster) => void announce(announce(cluster, both, 2), first, 3),
    told: { unfit: [3], silent: [], retryable: false },
  },
  {
    name: 'one has skipped a release',
    say: (cluster: Cluster) => void announce(announce(cluster, both, 2), { least: 3, most: 3 }, 3),
    told: { unfit: [3], silent: [], retryable: false },
  },
  {
    name: 'one has been down for two counts, and another one cannot follow',
    say: (cluster: Cluster) => void announce(cluster.crash(3).pass(counted), first, 2),
    told: { unfit: [2], silent: [3], retryable: false },
  },
  {
    name: 'one has gone a moment ago, perhaps to come back with another release',
    say: (cluster: Cluster) => void announce(announce(cluster, both, 2), undefined, 3),
    told: { unfit: [], silent: [], retryable: true },
  },
];

for (const { name, say, told } of waits)
  test(`whether a refused command may be tried again: ${name}`, () => {
    const cluster = new Cluster({ voters: [1, 2, 3], options: { levelMax: 2 } });
    const leader = cluster.elect(1);
    say(cluster);
    const { data, retryable } = errorOf(proposeAt(leader, 2));
    assert.deepEqual({ ...data, retryable }, { group: 1, needed: 2, level: 1, ...told });
  });

test('a leader whose own release does not know a level names itself', () => {
  const leader = new Cluster({ voters: [1], options: { levelMax: 1 } }).elect(1);
  const { message, retryable } = errorOf(proposeAt(leader, 2));
  assert.match(message, /does not know it: member 1; install/);
  assert.equal(retryable, false);
});
