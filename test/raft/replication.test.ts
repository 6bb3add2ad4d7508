import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './cluster.ts';
import {
  acceptedLetter,
  appendLetter,
  heartbeatLetter,
  type Position,
  pulseLetter,
  rejectedLetter,
  voteReplyLetter,
} from './letters.ts';
import { commandEntry, entriesOf, termsOf } from './logs.ts';
import { Member, type TestOptions } from './member.ts';

/** A follower of leader 2, and one append message to it. */
interface Row {
  readonly name: string;
  readonly log: readonly number[];
  readonly commit?: number;
  readonly previous: Position;
  /** The terms of the entries behind `previous`. */
  readonly brings?: readonly number[];
  readonly leaderCommit?: number;
  readonly becomes: readonly number[];
  readonly commits?: number;
  readonly answer: { readonly match: number } | { readonly rejected: number; readonly hint: Position };
}

const rows: readonly Row[] = [
  {
    name: 'figure 2, AppendEntries 4 · what follows is taken',
    log: [1, 1],
    previous: [2, 1],
    brings: [2, 2],
    becomes: [1, 1, 2, 2],
    answer: { match: 4 },
  },
  {
    name: 'an empty message says how far the logs agree',
    log: [1, 1],
    previous: [1, 1],
    becomes: [1, 1],
    answer: { match: 1 },
  },
  {
    name: 'figure 2, AppendEntries 2 · a gap is refused, and the end of the log told',
    log: [1, 1],
    previous: [5, 2],
    brings: [2],
    becomes: [1, 1],
    answer: { rejected: 5, hint: [2, 1] },
  },
  {
    name: 'figure 2, AppendEntries 2 · another term at the place before is refused, and the last that can agree told',
    log: [1, 2, 4, 4, 4],
    previous: [5, 3],
    brings: [5],
    becomes: [1, 2, 4, 4, 4],
    answer: { rejected: 5, hint: [2, 2] },
  },
  {
    name: 'figure 2, AppendEntries 3 · a conflict erases what is behind it',
    log: [1, 2, 2, 2],
    previous: [1, 1],
    brings: [3],
    becomes: [1, 3],
    answer: { match: 2 },
  },
  {
    name: '8 · a late message that is a prefix of what is held erases nothing',
    log: [1, 1, 1, 1],
    previous: [1, 1],
    brings: [1],
    becomes: [1, 1, 1, 1],
    answer: { match: 2 },
  },
  {
    name: '8 · a message that overlaps is taken from the first news on',
    log: [1, 1, 1],
    previous: [1, 1],
    brings: [1, 1, 2],
    becomes: [1, 1, 1, 2],
    answer: { match: 4 },
  },
  {
    name: '8 · a late message below the commit index is answered with the commit index',
    log: [1, 1, 1, 1],
    commit: 3,
    previous: [0, 0],
    brings: [1],
    becomes: [1, 1, 1, 1],
    commits: 3,
    answer: { match: 3 },
  },
  {
    name: 'figure 2, AppendEntries 5 · the commit index rises to the leader’s',
    log: [1, 1, 1],
    previous: [3, 1],
    leaderCommit: 2,
    becomes: [1, 1, 1],
    commits: 2,
    answer: { match: 3 },
  },
  {
    name: 'figure 2, AppendEntries 5 · but not beyond what this message proves',
    log: [1, 1, 1, 1],
    previous: [1, 1],
    brings: [1],
    leaderCommit: 4,
    becomes: [1, 1, 1, 1],
    commits: 2,
    answer: { match: 2 },
  },
  {
    name: 'a refusal commits nothing',
    log: [1, 1],
    previous: [3, 1],
    leaderCommit: 3,
    becomes: [1, 1],
    commits: 0,
    answer: { rejected: 3, hint: [2, 1] },
  },
  {
    name: '7 · a lower commit index of the leader does not take anything back',
    log: [1, 1, 1],
    commit: 3,
    previous: [3, 1],
    brings: [2],
    leaderCommit: 1,
    becomes: [1, 1, 1, 2],
    commits: 3,
    answer: { match: 4 },
  },
];

for (const row of rows) {
  test(`append: ${row.name}`, () => {
    const { log, commit = 0, previous, brings = [], leaderCommit = 0 } = row;
    const member = new Member({ id: 1, voters: [1, 2, 3], log, hardState: { term: 9, commit } });
    const entries = entriesOf(brings, previous[0] + 1);
    assert(
      member.receive(appendLetter({ from: 2, to: 1, term: 9 }, { previous, entries, commit: leaderCommit }))
        .accepted,
    );
    member.finishDisk();
    assert.deepEqual(termsOf(member.durable.entries), row.becomes);
    assert.equal(member.status.last, row.becomes.length, 'what it goes by is what its disk holds');
    assert.equal(member.status.commit, row.commits ?? commit);
    const [reply] = member.takeSent();
    if ('match' in row.answer) {
      assert(reply?.kind === 'append-accepted', reply?.kind);
      assert.equal(reply.match, row.answer.match);
    } else {
      assert(reply?.kind === 'append-rejected', reply?.kind);
      assert.deepEqual(
        [reply.rejected, reply.hint.index, reply.hint.term],
        [row.answer.rejected, ...row.answer.hint],
      );
    }
  });
}

test('7 · a reply that comes late does not take a match back, nor does the commit index fall', () => {
  const leader = leaderOfThree();
  leader.propose('a', 'b', 'c');
  leader.finishDisk();
  const { last } = leader.status;
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, last));
  assert.equal(leader.status.commit, last);
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  leader.receive(rejectedLetter({ from: 2, to: 1, term: 1 }, last - 1, [0, 0]));
  assert.equal(leader.status.matches.get(2), last);
  assert.equal(leader.status.commit, last);
});

test('34 · a leader that returns loses the suffix that nobody else has', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const old = cluster.elect(1);
  cluster.propose('kept').isolate(1);
  old.propose('lost 1', 'lost 2', 'lost 3');
  old.finishDisk();
  cluster.elect(2);
  cluster.propose('won').mend().pass(20);
  assert.deepEqual(old.commands, ['kept', 'won']);
  assert.deepEqual(termsOf(old.durable.entries), termsOf(cluster.at(2).durable.entries));
  old.crash();
  old.restart();
  assert.deepEqual(termsOf(old.durable.entries), termsOf(cluster.at(2).durable.entries));
});

test('a proposal is answered by the log only when a quorum holds it durably', () => {
  const leader = leaderOfThree();
  const before = leader.status.commit;
  const verdict = leader.propose('x');
  assert(verdict.accepted && verdict.entry.index === before + 1);
  assert.equal(leader.status.commit, before, 'nobody holds it durably');
  leader.finishDisk();
  assert.equal(leader.status.commit, before, 'the leader alone does');
  leader.receive(acceptedLetter({ from: 3, to: 1, term: 1 }, before + 1));
  assert.equal(leader.status.commit, before + 1);
  assert.deepEqual(leader.commands, ['x']);
});

test('the leader’s disk is not special: two followers commit before it has answered, and it applies after (§10.2.1)', () => {
  const leader = leaderOfThree();
  leader.propose('x');
  const { last } = leader.status;
  const appends = leader.takeSent().filter(({ kind }) => kind === 'append');
  assert.equal(appends.length, 2, 'it sends while its own disk works');
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 1 }, last));
  assert.equal(leader.status.commit, last);
  assert.deepEqual(leader.commands, []);
  leader.finishDisk();
  assert.deepEqual(leader.commands, ['x']);
});

test('everything that one turn brings travels in one message to each follower (§10.2.2)', () => {
  const leader = leaderOfThree();
  leader.takeSent();
  leader.gather(
    { kind: 'propose', commands: [Buffer.from('a'), Buffer.from('b')] },
    { kind: 'propose', commands: [Buffer.from('c')] },
  );
  leader.collect();
  const sent = leader.takeSent();
  assert.deepEqual(
    sent.map(({ kind, to }) => `${kind} ${to}`),
    ['append 2', 'append 3'],
  );
  assert(sent[0]?.kind === 'append' && sent[0].entries.length === 3);
  assert.equal(leader.disk.length, 1, 'and in one write');
});

test('followers learn of a commit without waiting for the next heartbeat', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose('x');
  for (const id of [1, 2, 3]) assert.deepEqual(cluster.at(id).commands, ['x']);
});

test('a heartbeat never tells a follower to commit more than it is known to hold', () => {
  const leader = leaderOfThree();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  leader.receive(acceptedLetter({ from: 3, to: 1, term: 1 }, 1));
  leader.propose('x', 'y');
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 3));
  leader.takeSent();
  leader.tick(5);
  const commits = leader
    .takeSent()
    .flatMap((message) => (message.kind === 'heartbeat' ? [[message.to, message.commit]] : []));
  assert.deepEqual(commits, [
    [2, 3],
    [3, 1],
  ]);
});

test('a heartbeat tells a follower that lost its memory of it what is committed', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [1, 1, 1] });
  member.receive(heartbeatLetter({ from: 2, to: 1, term: 1 }, { commit: 2 }));
  assert.deepEqual([member.status.commit, member.applied], [2, 2]);
  member.receive(heartbeatLetter({ from: 2, to: 1, term: 1 }, { commit: 1 }));
  assert.equal(member.status.commit, 2);
});

test('a new leader begins with an empty entry, and hands clients’ commands on unchanged (§6.4)', () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.pass(1).propose('a', 'b');
  const { entries } = cluster.at(1).durable;
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['empty', 'command', 'command'],
  );
  assert.deepEqual(cluster.at(1).commands, ['a', 'b']);
});

test('a late answer of an earlier leadership says nothing to a later one', () => {
  const leader = leaderOfThree();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  leader.receive(pulseLetter({ from: 3, to: 1, term: 4 }, 0));
  assert.equal(leader.status.role, 'follower');
  leader.tick(20);
  leader.step({ kind: 'campaign' });
  leader.finishDisk();
  leader.receive(voteReplyLetter({ from: 3, to: 1, term: 5 }, true, { preVote: true }));
  leader.finishDisk();
  leader.receive(voteReplyLetter({ from: 3, to: 1, term: 5 }, true));
  leader.finishDisk();
  assert.equal(leader.status.term, 5);
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
  assert.deepEqual(
    [...leader.status.matches],
    [
      [2, 0],
      [3, 0],
    ],
  );
});

test('a term that changes while an answer waits for the disk makes the answer nobody’s business', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], log: [1] });
  member.receive(
    appendLetter({ from: 2, to: 1, term: 1 }, { previous: [1, 1], entries: [commandEntry(2, 1)] }),
  );
  member.receive(heartbeatLetter({ from: 3, to: 1, term: 2 }));
  member.finishDisk();
  assert.deepEqual(
    member.takeSent().map(({ kind, to, term }) => `${kind} ${to} ${term}`),
    ['heartbeat-reply 3 2'],
  );
});

function leaderOfThree(options: TestOptions = {}): Member {
  const leader = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0, ...options } });
  leader.step({ kind: 'campaign' });
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  leader.finishDisk();
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  leader.finishDisk();
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 1 }, 1));
  leader.takeSent();
  assert.deepEqual([leader.status.role, leader.status.commit], ['leader', 1]);
  return leader;
}
