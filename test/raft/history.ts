/**
 * The invariants of Raft over the whole history of a group, whoever crashed meanwhile: what a test or a chaos
 * run looks at after each step. It stands outside of all members and sees their disks.
 */
import assert from 'node:assert/strict';
import type { Configuration, RaftStatus } from '../../src/raft/index.ts';
import type { Member } from './member.ts';

/** What may not fall within one life, and what may not fall at all. */
interface Seen {
  readonly core: Member['core'];
  readonly status: RaftStatus;
}

interface Commit {
  readonly leader: Member;
  readonly commit: number;
  readonly term: number;
  readonly configurations: readonly Configuration[];
  readonly all: readonly Member[];
}

export class History {
  /** Who led each term. */
  readonly leaders: Map<number, number> = new Map();
  /** Hash of the applied prefix at each index, as the first member that applied it saw it. */
  readonly applied: Map<number, number> = new Map();
  /** The greatest index that anybody has applied. */
  appliedEver = 0;
  /** The greatest index that the leader of each term has committed. */
  readonly #committed = new Map<number, number>();
  readonly #seen = new Map<number, Seen>();
  /** Term and vote as they were last durable. */
  readonly #votes = new Map<number, { readonly term: number; readonly vote: number }>();

  /** Call after each step, with those whom it may have changed. */
  check(all: readonly Member[], changed: readonly Member[] = all): void {
    for (const member of changed) {
      if (!member.damaged || member.voteIntact) this.#checkVote(member);
      if (!member.up) continue;
      const { status } = member;
      this.#checkOrder(member, status);
      if (status.role === 'leader') this.#checkLeader(member, status, all);
      this.#seen.set(member.id, { core: member.core, status });
      this.#checkApplied(member);
    }
  }

  /** The disk of `id` was wiped; what it promised is lost. */
  forget(id: number): void {
    this.#votes.delete(id);
    this.#seen.delete(id);
  }

  #checkVote({ id, durable }: Member): void {
    const { term, vote } = durable.hardState;
    const before = this.#votes.get(id) ?? { term: 0, vote: 0 };
    assert(term >= before.term, `member ${id} fell from term ${before.term} to ${term}`);
    assert(
      term > before.term || before.vote === 0 || vote === before.vote,
      `member ${id} voted for ${before.vote} and ${vote} in term ${term}`,
    );
    this.#votes.set(id, { term, vote });
  }

  #checkOrder({ id, core }: Member, status: RaftStatus): void {
    const { base, applied, commit, last, durable, term } = status;
    // Between a snapshot's arrival and its restoring the state machine lags behind the base.
    const isOrdered = base <= commit && applied <= commit && commit <= last && durable <= last;
    assert(isOrdered, `base ≤ commit, applied ≤ commit ≤ last of member ${id}`);
    const before = this.#seen.get(id);
    if (before?.core !== core) return;
    const hasRisen = commit >= before.status.commit && term >= before.status.term;
    assert(hasRisen, `term and commit of member ${id} do not fall`);
  }

  #checkLeader(leader: Member, status: RaftStatus, all: readonly Member[]): void {
    const { term, last, commit, matches } = status;
    const seen = this.#seen.get(leader.id);
    const isNew = seen?.core !== leader.core || seen.status.term !== term || seen.status.role !== 'leader';
    if (isNew) {
      // What it knew to be committed as a follower was committed by others.
      this.#begin(leader.id, term, last);
      return;
    }
    const before = seen.status;
    if (commit > before.commit) {
      // The members may have changed between the commit and this look.
      const configurations = [before.configuration, status.configuration];
      this.#checkQuorum({ leader, commit, term, configurations, all });
      this.#committed.set(term, commit);
    }
    for (const [id, match] of matches) {
      if (all.some((member) => member.id === id && member.wasDamaged)) continue;
      // Who was removed and has come back begins anew.
      if (match === 0 && before.configuration !== status.configuration) continue;
      const was = before.matches.get(id) ?? 0;
      assert(match >= was, `match of ${id} fell from ${was} to ${match}`);
    }
  }

  /** One leader a term, and it holds everything that leaders of earlier terms committed (Raft §5.4). */
  #begin(id: number, term: number, last: number): void {
    const other = this.leaders.get(term);
    assert(other === undefined || other === id, `two leaders in term ${term}: ${other}, ${id}`);
    this.leaders.set(term, id);
    for (const [earlier, committed] of this.#committed) {
      const isComplete = earlier >= term || last >= committed;
      assert(isComplete, `leader ${id} of term ${term} lacks ${committed} of ${earlier}`);
    }
  }

  /** What the leader commits lies on the disks of a majority of both halves, or did so before it was compacted. */
  #checkQuorum({ leader, commit, term, configurations, all }: Commit): void {
    const entryTerm = termOnDisk(leader, commit) ?? term;
    assert.equal(entryTerm, term, `leader ${leader.id} commits an entry of its own term`);
    const holders = new Set<number>();
    for (const member of all) {
      const { base, entries } = member.durable;
      const reaches = base.index + entries.length >= commit && (termOnDisk(member, commit) ?? term) === term;
      // What a damaged disk held when it acknowledged is not to be seen any more.
      if (member.damaged || reaches) holders.add(member.id);
    }
    const isHeld = (half: readonly number[]): boolean =>
      half.length === 0 || half.filter((id) => holders.has(id)).length * 2 > half.length;
    assert(
      configurations.some(({ voters, outgoing }) => isHeld(voters) && isHeld(outgoing)),
      `${commit} is committed by ${leader.id}, durable on ${[...holders]}`,
    );
  }

  #checkApplied(member: Member): void {
    for (const [index, hash] of member.hashes) {
      const known = this.applied.get(index);
      if (known === undefined) this.applied.set(index, hash);
      else assert.equal(hash, known, `member ${member.id} applied something else at ${index}`);
      this.appliedEver = Math.max(this.appliedEver, index);
    }
    member.hashes.clear();
  }
}

/** `undefined` where the log was compacted, or does not reach. */
function termOnDisk({ durable: { base, entries } }: Member, index: number): number | undefined {
  return entries[index - base.index - 1]?.term;
}
