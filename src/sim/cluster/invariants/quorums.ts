/**
 * The arithmetic of majorities once more, written apart from the one that it judges: an onlooker who borrowed
 * the core's would share its mistakes.
 */
import type { Configuration, MemberId } from '../../../raft/index.ts';

/** True when those for whom `has` holds can decide: a majority of the voters, and of those who depart while joint. */
export function isQuorum({ voters, outgoing }: Configuration, has: (member: MemberId) => boolean): boolean {
  return isMajority(voters, has) && (outgoing.length === 0 || isMajority(outgoing, has));
}

function isMajority(voters: readonly MemberId[], has: (member: MemberId) => boolean): boolean {
  let count = 0;
  for (const voter of voters) if (has(voter)) count += 1;
  return 2 * count > voters.length;
}

/** The greatest number that a quorum has reached. */
export function quorumReached(configuration: Configuration, of: (member: MemberId) => number): number {
  let greatest = 0;
  for (const half of [configuration.voters, configuration.outgoing]) {
    for (const member of half) {
      const reached = of(member);
      if (reached > greatest && isQuorum(configuration, (other) => of(other) >= reached)) greatest = reached;
    }
  }
  return greatest;
}

/** True when no quorum of the one can decide without somebody from every quorum of the other. */
export function quorumsMeet(one: Configuration, other: Configuration): boolean {
  const members = [...new Set([one, other].flatMap(({ voters, outgoing }) => [...voters, ...outgoing]))];
  // Every way to part them in two: with fewer than a dozen members that is not much.
  for (let part = 0; part < 2 ** members.length; part += 1) {
    const here = new Set(members.filter((_, place) => (part >> place) % 2 === 1));
    if (isQuorum(one, (member) => here.has(member)) && isQuorum(other, (member) => !here.has(member)))
      return false;
  }
  return true;
}
