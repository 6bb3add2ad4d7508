import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HardState } from '../../src/raft/index.ts';
import { heartbeatLetter, type Position, voteRequestLetter } from './letters.ts';
import { Member } from './member.ts';

/** A voter of three, and what member 3 asks of it. */
interface Row {
  readonly name: string;
  readonly hardState?: Partial<HardState>;
  readonly log?: readonly number[];
  /** It heard the leader 2 of its present term so many ticks ago; absent: not since it started, long ago. */
  readonly heardTicksAgo?: number;
  readonly lease?: boolean;
  readonly damaged?: boolean;
  readonly asks: { readonly term: number; readonly last?: Position; readonly forced?: boolean };
  readonly vote: 'granted' | 'declined' | 'silence';
  readonly preVote: 'granted' | 'declined';
  /** The voter's term after the vote request. */
  readonly term: number;
}

const rows: readonly Row[] = [
  {
    name: 'figure 2, RequestVote 2 · a first vote in a new term is given',
    hardState: { term: 1 },
    asks: { term: 2 },
    vote: 'granted',
    preVote: 'granted',
    term: 2,
  },
  {
    name: 'a vote in the own term is given when none was',
    hardState: { term: 2 },
    asks: { term: 2 },
    vote: 'granted',
    preVote: 'granted',
    term: 2,
  },
  {
    name: 'the same candidate is told yes again',
    hardState: { term: 2, vote: 3 },
    asks: { term: 2 },
    vote: 'granted',
    preVote: 'granted',
    term: 2,
  },
  {
    name: 'figure 2, RequestVote 2 · another one is told no',
    hardState: { term: 2, vote: 1 },
    asks: { term: 2 },
    vote: 'declined',
    preVote: 'declined',
    term: 2,
  },
  {
    name: 'a vote of the old term does not bind in a new one',
    hardState: { term: 2, vote: 1 },
    asks: { term: 3 },
    vote: 'granted',
    preVote: 'granted',
    term: 3,
  },
  {
    name: 'figure 2, RequestVote 1 · a candidate of an old term learns the newer one',
    hardState: { term: 5 },
    asks: { term: 4 },
    vote: 'declined',
    preVote: 'declined',
    term: 5,
  },
  {
    name: '§5.4.1 a later last term wins against a longer log',
    hardState: { term: 4 },
    log: [1, 1, 1, 1, 1, 1],
    asks: { term: 5, last: [1, 2] },
    vote: 'granted',
    preVote: 'granted',
    term: 5,
  },
  {
    name: '§5.4.1 an earlier last term loses with a longer log',
    hardState: { term: 4 },
    log: [1, 1, 4],
    asks: { term: 5, last: [9, 3] },
    vote: 'declined',
    preVote: 'declined',
    term: 5,
  },
  {
    name: '§5.4.1 with equal last terms the longer log wins',
    hardState: { term: 4 },
    log: [1, 4, 4],
    asks: { term: 5, last: [4, 4] },
    vote: 'granted',
    preVote: 'granted',
    term: 5,
  },
  {
    name: '§5.4.1 equal logs are up to date',
    hardState: { term: 4 },
    log: [1, 4, 4],
    asks: { term: 5, last: [3, 4] },
    vote: 'granted',
    preVote: 'granted',
    term: 5,
  },
  {
    name: '§5.4.1 with equal last terms the shorter log loses',
    hardState: { term: 4 },
    log: [1, 4, 4],
    asks: { term: 5, last: [2, 4] },
    vote: 'declined',
    preVote: 'declined',
    term: 5,
  },
  {
    name: '§4.2.3 a leader that was just heard is protected',
    hardState: { term: 2 },
    heardTicksAgo: 0,
    asks: { term: 9 },
    vote: 'silence',
    preVote: 'declined',
    term: 2,
  },
  {
    name: '§4.2.3 until the shortest timeout is over',
    hardState: { term: 2 },
    heardTicksAgo: 9,
    asks: { term: 9 },
    vote: 'silence',
    preVote: 'declined',
    term: 2,
  },
  {
    name: '§4.2.3 and not longer',
    hardState: { term: 2 },
    heardTicksAgo: 10,
    asks: { term: 9 },
    vote: 'granted',
    preVote: 'granted',
    term: 9,
  },
  {
    name: '§3.10 but not against whom it hands over to',
    hardState: { term: 2 },
    heardTicksAgo: 0,
    lease: true,
    asks: { term: 3, forced: true },
    vote: 'granted',
    preVote: 'granted',
    term: 3,
  },
  {
    name: 'a rival of the leader in its own term is told no, though no vote was given',
    hardState: { term: 2 },
    heardTicksAgo: 50,
    asks: { term: 2 },
    vote: 'declined',
    preVote: 'declined',
    term: 2,
  },
  {
    name: '11 · who may have forgotten a vote gives none',
    hardState: { term: 2 },
    damaged: true,
    asks: { term: 7 },
    vote: 'declined',
    preVote: 'declined',
    term: 7,
  },
];

function voterOf({ hardState = {}, log = [], heardTicksAgo, lease = false, damaged = false }: Row): Member {
  const options = { electionTicksMin: 10, electionTicksMax: 20, priority: 0 };
  const member = new Member({ id: 1, voters: [1, 2, 3], hardState, log, options });
  member.damaged = damaged;
  member.restart();
  member.tick(30);
  if (heardTicksAgo !== undefined)
    member.receive(heartbeatLetter({ from: 2, to: 1, term: member.status.term }, { lease }));
  member.finishDisk();
  member.tick(heardTicksAgo ?? 0);
  member.takeSent();
  return member;
}

function answer(member: Member, { asks }: Row, preVote: boolean): string {
  const { term, last = [0, 0], forced = false } = asks;
  const voted = member.durable.hardState.vote;
  member.receive(voteRequestLetter({ from: 3, to: 1, term }, last, { preVote, forced }));
  member.finishDisk();
  const [reply, ...more] = member.takeSent();
  assert.equal(more.length, 0);
  if (reply === undefined) return 'silence';
  assert(reply.kind === 'vote-reply' && reply.preVote === preVote && reply.to === 3);
  if (!preVote && reply.granted) assert.deepEqual(member.durable.hardState, { term, vote: 3, commit: 0 });
  if (preVote) assert.equal(member.durable.hardState.vote, voted, 'a pre-vote binds nobody');
  assert.equal(reply.term, preVote && reply.granted ? term : member.status.term);
  return reply.granted ? 'granted' : 'declined';
}

for (const row of rows) {
  test(`votes: ${row.name}`, () => {
    const asked = voterOf(row);
    const { term } = asked.status;
    assert.equal(answer(asked, row, true), row.preVote, 'pre-vote');
    assert.equal(asked.status.term, term, 'a pre-vote changes no term');
    const voter = voterOf(row);
    assert.equal(answer(voter, row, false), row.vote, 'vote');
    assert.equal(voter.status.term, row.term);
  });
}
