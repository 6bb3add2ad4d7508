/**
 * The arithmetic of majorities, for plain and joint configurations. Pure; `of` looks a member's number up.
 */
import type { Configuration } from './configuration.ts';
import type { MemberId } from './entry.ts';

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** True when the configuration needs a majority of both halves. */
export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

export function isVoter(configuration: Configuration, member: MemberId): boolean {
  return configuration.voters.includes(member) || configuration.outgoing.includes(member);
}

export function isMember(configuration: Configuration, member: MemberId): boolean {
  return (
    isVoter(configuration, member) ||
    configuration.learners.includes(member) ||
    configuration.learnersNext.includes(member)
  );
}

/** Everyone who receives the log, each once, sorted. */
export function allMembers(configuration: Configuration): MemberId[] {
  const { voters, outgoing, learners, learnersNext } = configuration;
  return [...new Set([...voters, ...outgoing, ...learners, ...learnersNext])].sort((a, b) => a - b);
}

/**
 * The greatest number that a majority (of both halves, while joint) has reached. Without voters nothing
 * bounds it: infinity, so that the empty half of a plain configuration never decides.
 */
export function reachedByQuorum(configuration: Configuration, of: (member: MemberId) => number): number {
  const incoming = reachedByMajority(configuration.voters, of);
  if (configuration.outgoing.length === 0) return incoming;
  return Math.min(incoming, reachedByMajority(configuration.outgoing, of));
}

const scratch: number[] = [];

function reachedByMajority(voters: readonly MemberId[], of: (member: MemberId) => number): number {
  const count = voters.length;
  if (count === 0) return Number.POSITIVE_INFINITY;
  // Insertion into a reused array, greatest first: groups are small, and this runs for every acknowledgement.
  for (let filled = 0; filled < count; filled += 1) {
    const value = of(voters[filled] as MemberId);
    let place = filled;
    while (place > 0 && (scratch[place - 1] as number) < value) {
      scratch[place] = scratch[place - 1] as number;
      place -= 1;
    }
    scratch[place] = value;
  }
  return scratch[majority(count) - 1] as number;
}

export type VoteResult = 'won' | 'lost' | 'pending';

/** Counts votes; `of` answers `undefined` for those who have not. */
export function voteResult(
  configuration: Configuration,
  of: (member: MemberId) => boolean | undefined,
): VoteResult {
  const incoming = majorityVote(configuration.voters, of);
  if (configuration.outgoing.length === 0) return incoming;
  const outgoing = majorityVote(configuration.outgoing, of);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

function majorityVote(
  voters: readonly MemberId[],
  of: (member: MemberId) => boolean | undefined,
): VoteResult {
  const needed = majority(voters.length);
  let granted = 0;
  let open = 0;
  for (const voter of voters) {
    const vote = of(voter);
    if (vote === undefined) open += 1;
    else if (vote) granted += 1;
  }
  if (granted >= needed) return 'won';
  return granted + open >= needed ? 'pending' : 'lost';
}
