import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeConfiguration, type Message } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import {
  acceptedLetter,
  appendLetter,
  heartbeatLetter,
  pulseLetter,
  readReplyLetter,
  readRequestLetter,
  rejectedLetter,
  snapshotLetter,
  transferLetter,
  voteReplyLetter,
  voteRequestLetter,
} from './letters.ts';
import { commandEntry, entriesOf } from './logs.ts';
import { Member } from './member.ts';

const abc = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], level: 1, details: [] };
const toFollower = { from: 2, to: 1, term: 9 };
const later = { ...toFollower, term: 12 };

interface Row {
  readonly name: string;
  readonly message: Message;
  readonly because: RegExp;
}

/** Follower 1 of leader 2 in term 9; its log has the terms 1 1 2 3, of which the first three are committed. */
function followerOfNine(): Member {
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    log: [1, 1, 2, 3],
    hardState: { term: 9, commit: 3 },
  });
  member.receive(heartbeatLetter(toFollower, { commit: 3, lease: true }));
  member.finishDisk();
  member.tick(3);
  member.takeSent();
  member.events.splice(0);
  return member;
}

const toAnybody: readonly Row[] = [
  {
    name: 'it is for another group',
    message: pulseLetter({ ...later, group: 7 }, 1),
    because: /for group 7/,
  },
  { name: 'it is for another member', message: pulseLetter({ ...later, to: 3 }, 1), because: /for member 3/ },
  {
    name: 'it claims to come from here',
    message: pulseLetter({ ...later, from: 1 }, 1),
    because: /this member itself/,
  },
  { name: 'nobody sent it', message: pulseLetter({ ...later, from: 0 }, 1), because: /not an identity/ },
  {
    name: 'its sender is half a number',
    message: pulseLetter({ ...later, from: 2.5 }, 1),
    because: /not an identity/,
  },
  { name: 'its term is 0', message: pulseLetter({ ...later, term: 0 }, 1), because: /its term 0/ },
  { name: 'its term is below 0', message: pulseLetter({ ...later, term: -3 }, 1), because: /its term -3/ },
  {
    name: 'its term is no number',
    message: pulseLetter({ ...later, term: Number.NaN }, 1),
    because: /its term NaN/,
  },
  {
    name: 'its term comes from a future that no election can reach',
    message: pulseLetter({ ...later, term: Number.MAX_SAFE_INTEGER }, 1),
    because: /its term 9007199254740991/,
  },
  {
    name: 'a vote is asked for a term that the log has reached',
    message: voteRequestLetter(later, [4, 12]),
    because: /not below the term 12/,
  },
  {
    name: 'a vote is asked for half a log',
    message: voteRequestLetter(later, [4.5, 3]),
    because: /ends in term/,
  },
  { name: 'a match is no index', message: acceptedLetter(later, -1), because: /its match -1/ },
  { name: 'a round is no number', message: pulseLetter(later, Number.NaN), because: /its round NaN/ },
  {
    name: 'a hint lies behind what it rejects',
    message: rejectedLetter(later, 4, [5, 2]),
    because: /its hint 5/,
  },
  { name: 'a hint is no index', message: rejectedLetter(later, 4, [-5, 2]), because: /its hint -5/ },
  {
    name: 'what is rejected is no index',
    message: rejectedLetter(later, 0.5, [0, 0]),
    because: /rejects, 0.5/,
  },
  { name: 'a question has no number', message: readRequestLetter(later, Number.NaN), because: /context NaN/ },
  {
    name: 'an answer has no index',
    message: readReplyLetter(later, 1, Number.NaN),
    because: /context or index/,
  },
];

const toFollowers: readonly Row[] = [
  ...toAnybody,
  {
    name: 'another leader in the same term',
    message: heartbeatLetter({ ...toFollower, from: 3 }),
    because: /claims to lead term 9, which member 2 leads/,
  },
  {
    name: 'another leader in the same term appends',
    message: appendLetter({ ...toFollower, from: 3 }, { previous: [4, 3] }),
    because: /claims to lead term 9/,
  },
  {
    name: 'another leader in the same term sends a snapshot',
    message: snapshotLetter({ ...toFollower, from: 3 }, [9, 4], abc),
    because: /claims to lead term 9/,
  },
  {
    name: 'somebody else than the leader hands leadership over',
    message: transferLetter({ ...toFollower, from: 3 }),
    because: /claims to lead term 9/,
  },
  {
    name: 'somebody else than the leader answers a read',
    message: readReplyLetter({ ...toFollower, from: 3 }, 1, 3),
    because: /claims to lead term 9/,
  },
  {
    name: 'there is a hole in the entries',
    message: appendLetter(later, { previous: [4, 3], entries: [commandEntry(5, 4), commandEntry(7, 4)] }),
    because: /its entry 7 follows 5/,
  },
  {
    name: 'there is a hole before the entries',
    message: appendLetter(later, { previous: [4, 3], entries: [commandEntry(6, 4)] }),
    because: /its entry 6 follows 4/,
  },
  {
    name: 'terms fall along the entries',
    message: appendLetter(later, { previous: [4, 3], entries: entriesOf([5, 4], 5) }),
    because: /its entry 6 has term 4/,
  },
  {
    name: 'terms fall from the entry before',
    message: appendLetter(later, { previous: [4, 3], entries: entriesOf([2], 5) }),
    because: /its entry 5 has term 2/,
  },
  {
    name: 'an entry comes from a later term than its leader',
    message: appendLetter(later, { previous: [4, 3], entries: entriesOf([13], 5) }),
    because: /its entry 5 has term 13/,
  },
  {
    name: 'the entry before comes from a later term than its leader',
    message: appendLetter(later, { previous: [4, 13] }),
    because: /follow term 13/,
  },
  {
    name: 'its commit index is no index',
    message: appendLetter(later, { previous: [4, 3], commit: -2 }),
    because: /commit index -2/,
  },
  {
    name: 'its beginning is no index',
    message: appendLetter(later, { previous: [-1, 0] }),
    because: /is not an index/,
  },
  {
    name: 'entries contradict what is committed',
    message: appendLetter(later, { previous: [1, 1], entries: entriesOf([1, 9, 9], 2) }),
    because: /entry 3 of term 9 contradicts what is committed, which has term 2/,
  },
  {
    name: 'late entries contradict what is committed',
    message: appendLetter(later, { previous: [0, 0], entries: entriesOf([2], 1) }),
    because: /entry 1 of term 2 contradicts/,
  },
  {
    name: 'the entry before contradicts what is committed',
    message: appendLetter(later, { previous: [2, 2], entries: entriesOf([4, 4], 3) }),
    because: /entry 2 of term 2 contradicts/,
  },
  {
    name: 'a snapshot contradicts what is committed',
    message: snapshotLetter(later, [3, 3], abc),
    because: /entry 3 of term 3 contradicts/,
  },
  {
    name: 'a heartbeat commits what was never received here',
    message: heartbeatLetter(later, { commit: 5 }),
    because: /commit index 5 lies behind the log, which ends at 4/,
  },
  {
    name: 'a heartbeat without numbers',
    message: heartbeatLetter(later, { round: 1.5 }),
    because: /not a whole number/,
  },
  {
    name: 'a snapshot of nothing',
    message: snapshotLetter(later, [0, 0], abc),
    because: /stands for nothing/,
  },
  {
    name: 'a snapshot of half an entry',
    message: snapshotLetter(later, [1.5, 1], abc),
    because: /stands for nothing/,
  },
  {
    name: 'a snapshot from a later term',
    message: snapshotLetter(later, [9, 13], abc),
    because: /comes from later/,
  },
  {
    name: 'a snapshot without voters',
    message: snapshotLetter(later, [9, 9], { ...abc, voters: [] }),
    because: /has no voters/,
  },
  {
    name: 'a configuration that cannot be read, behind an entry that can',
    message: appendLetter(later, {
      previous: [4, 3],
      entries: [commandEntry(5, 12), { ...commandEntry(6, 12), kind: 'configuration' }],
    }),
    because: /configuration in its entry 6 cannot be read/,
  },
  {
    name: 'a configuration without voters',
    message: appendLetter(later, {
      previous: [4, 3],
      entries: [
        { index: 5, term: 12, kind: 'configuration', data: encodeConfiguration({ ...abc, voters: [] }) },
      ],
    }),
    because: /configuration in its entry 5 has no voters/,
  },
];

const toLeader = { from: 2, to: 1, term: 1 };
const toLeaders: readonly Row[] = [
  ...toAnybody,
  {
    name: 'another leader in the same term',
    message: heartbeatLetter(toLeader),
    because: /claims to lead term 1, which member 1 leads/,
  },
  {
    name: 'an acknowledgement of what was never sent',
    message: acceptedLetter(toLeader, 9),
    because: /it holds 9, which was never sent/,
  },
  ...[
    acceptedLetter({ ...toLeader, from: 8 }, 1),
    rejectedLetter({ ...toLeader, from: 8 }, 1, [0, 0]),
    pulseLetter({ ...toLeader, from: 8 }, 1),
    readRequestLetter({ ...toLeader, from: 8 }, 1),
  ].map((message) => ({
    name: `a stranger sends ${message.kind}`,
    message,
    because: /not a member of the group/,
  })),
];

/** Everything that a refused message could have changed, the message counter apart. */
function tracesOf(member: Member): unknown {
  const { refusedMessages, ...status } = member.status;
  return {
    status,
    sent: member.takeSent(),
    disk: member.disk.length,
    events: member.events,
    applied: member.applied,
  };
}

for (const [place, rows, make] of [
  ['a follower', toFollowers, followerOfNine],
  ['a leader', toLeaders, () => leaderOfThree()],
] as const) {
  for (const { name, message, because } of rows) {
    test(`${place} refuses a message and nothing has changed: ${name}`, () => {
      const member = make();
      const before = tracesOf(member);
      const verdict = member.receive(message);
      assert(!verdict.accepted, 'it is refused');
      assert.equal(verdict.error.code, 'message-refused');
      assert.match(verdict.error.message, because);
      assert.deepEqual(tracesOf(member), before);
      assert.equal(member.status.refusedMessages, 1);
    });
  }
}

test('a refused message does not put off an election, nor is it a sign of life', () => {
  const options = { electionTicksMin: 10, electionTicksMax: 11 };
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    log: [1],
    hardState: { term: 1, commit: 1 },
    options,
  });
  member.tick(9);
  member.receive(appendLetter({ from: 2, to: 1, term: 2 }, { previous: [0, 0], entries: entriesOf([2], 1) }));
  member.receive(heartbeatLetter({ from: 2, to: 1, term: 2 }, { commit: 9 }));
  member.tick(2);
  assert.equal(member.status.role, 'pre-candidate');
});

test('what comes from an old term is not refused but answered, so that its sender learns the newer one (§5.1)', () => {
  const member = followerOfNine();
  const old = { from: 3, to: 1, term: 4 };
  const answered: readonly (readonly [Message, string | undefined])[] = [
    [appendLetter(old, { previous: [2, 4], entries: entriesOf([4, 4, 4], 3) }), 'heartbeat-reply'],
    [heartbeatLetter(old, { commit: 99 }), 'heartbeat-reply'],
    [snapshotLetter(old, [2, 4], abc), 'heartbeat-reply'],
    [voteRequestLetter(old, [9, 3]), 'vote-reply'],
    [voteReplyLetter(old, true), undefined],
    [acceptedLetter(old, 99), undefined],
    [rejectedLetter(old, 99, [0, 0]), undefined],
    [pulseLetter(old, 99), undefined],
    [transferLetter(old), undefined],
    [readRequestLetter(old, 1), undefined],
    [readReplyLetter(old, 1, 99), undefined],
  ];
  const { status } = member;
  for (const [message, answer] of answered) {
    assert(member.receive(message).accepted, message.kind);
    const [reply] = member.takeSent();
    assert.equal(reply?.kind, answer, message.kind);
    if (reply !== undefined) assert.deepEqual([reply.to, reply.term], [3, 9], message.kind);
  }
  assert.deepEqual(member.status, status);
});

test('messages that a member has no use for in its role pass without a trace', () => {
  const member = followerOfNine();
  const { status } = member;
  for (const message of [
    acceptedLetter(toFollower, 99),
    rejectedLetter(toFollower, 99, [0, 0]),
    pulseLetter(toFollower, 99),
    readRequestLetter(toFollower, 1),
    readReplyLetter(toFollower, 1, 3),
    voteReplyLetter(toFollower, true),
    voteReplyLetter({ ...toFollower, term: 30 }, true, { preVote: true }),
  ]) {
    assert(member.receive(message).accepted, message.kind);
    assert.deepEqual(member.status, status, message.kind);
    assert.deepEqual(member.takeSent(), [], message.kind);
  }
});

test('each refused request says what to do, and that nothing happened', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.pass(4);
  const follower = cluster.at(2);
  for (const verdict of [
    follower.propose('x'),
    follower.step({ kind: 'transfer', to: 3 }),
    follower.step({ kind: 'change', changes: [{ kind: 'remove', member: 3 }] }),
  ]) {
    assert(!verdict.accepted && verdict.error.code === 'not-leader');
    assert.deepEqual([verdict.error.outcome, verdict.error.retryable], ['not-applied', true]);
    assert.deepEqual(verdict.error.data, { group: 1, leader: 1 });
  }
});

function leaderOfThree(): Member {
  const leader = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0 } });
  leader.step({ kind: 'campaign' });
  leader.receive(voteReplyLetter(toLeader, true, { preVote: true }));
  leader.finishDisk();
  leader.receive(voteReplyLetter(toLeader, true));
  leader.finishDisk();
  leader.takeSent();
  leader.events.splice(0);
  return leader;
}
