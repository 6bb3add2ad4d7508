/**
 * What may count as committed: an entry of the leader's own term that a quorum has on its disks (Raft §5.4.2),
 * both halves of it while joint; and what follows from it: every later leader has it (§5.4.3), and members and
 * the level change one step at a time. A quorum is counted by what the disks have, not by what members said.
 */
import type { Configuration, MemberId } from '../../../raft/index.ts';
import { InvariantBroken } from './broken.ts';
import type { LogBook } from './log-book.ts';
import type { MemberShadow } from './member-shadow.ts';
import { quorumReached, quorumsMeet } from './quorums.ts';

export type Shadows = (member: MemberId) => MemberShadow;

/** A promoted learner may lack so many entries, and those that came while its answer was under way. */
const promotionLagMax = 256;

/** The last entry of the leader's term that a quorum has on its disks, by any configuration by which the leader may have counted. */
export function quorumHolds(leader: MemberShadow, term: number, shadows: Shadows): number {
  let greatest = 0;
  for (const configuration of leader.countedBy) {
    const reached = quorumReached(configuration, (member) => {
      const shadow = shadows(member);
      return shadow.lostPromises ? acknowledged(shadow, term) : shadow.durableLog.lastOfTerm(term);
    });
    if (reached > greatest) greatest = reached;
  }
  return greatest;
}

/** What it said before its disk lost it may still be on its way, and counts: until it is whole it votes for nobody who lacks it. */
function acknowledged({ accepted }: MemberShadow, term: number): number {
  return accepted?.term === term && accepted.match.term === term ? accepted.match.index : 0;
}

/** A member acts on `commit`, or tells others of it. */
export function noteCommit(shadow: MemberShadow, commit: number, book: LogBook, shadows: Shadows): void {
  if (commit <= book.committed.last) return;
  const allowed = shadow.leads === 0 ? shadow.mayKnow : quorumHolds(shadow, shadow.leads, shadows);
  if (commit > allowed)
    throw new InvariantBroken(
      shadow.leads === 0
        ? `member ${shadow.member} takes ${commit} for committed, which no leader told it`
        : `member ${shadow.member} commits ${commit} in term ${shadow.leads}, but a quorum of disks has its entries up to ${allowed} only`,
    );
  book.commit(commit, shadow.log);
  shadow.counted();
}

/**
 * A new leader has everything that was committed in earlier terms. One whose votes were long under way may hear
 * that it has won when a later leader has committed more: nothing that this one could do would count.
 */
export function checkLeader(leader: MemberShadow, term: number, book: LogBook): void {
  const index = book.committedBefore(term);
  const { committed } = book;
  const { log } = leader;
  if (index <= log.base || log.termAt(index) === committed.termAt(index)) return;
  throw new InvariantBroken(
    `member ${leader.member} leads term ${term} without the entry ${index} of term ${committed.termAt(index)}, which is committed`,
  );
}

/** Its leader is about to append `next` behind what its log holds. */
export function checkChange(
  leader: MemberShadow,
  next: Configuration,
  { committed }: LogBook,
  shadows: Shadows,
): void {
  const { configuration: before, configurationIndex, leads: term, member } = leader;
  const own = quorumHolds(leader, term, shadows);
  const what = `member ${member} changes members in term ${term}`;
  if (configurationIndex > Math.max(committed.last, own))
    throw new InvariantBroken(`${what} while the change at ${configurationIndex} is not committed`);
  if (own === 0 && committed.termAt(committed.last) < term)
    throw new InvariantBroken(`${what} before an entry of that term is committed`);
  if (!quorumsMeet(before, next))
    throw new InvariantBroken(
      `${what} from ${shown(before)} to ${shown(next)}, which can decide apart from each other`,
    );
  if (next.level !== before.level && next.level !== before.level + 1)
    throw new InvariantBroken(`${what} and the level from ${before.level} to ${next.level}`);
  const voted = new Set([...before.voters, ...before.outgoing]);
  for (const voter of next.voters) {
    if (!voted.has(voter)) checkPromotion(leader, voter, before, shadows);
  }
}

function checkPromotion(
  leader: MemberShadow,
  voter: MemberId,
  { learners }: Configuration,
  shadows: Shadows,
): void {
  const what = `member ${leader.member} makes a voter of ${voter}`;
  if (!learners.includes(voter)) throw new InvariantBroken(`${what}, which was no learner`);
  const lag = leader.log.last - shadows(voter).durableLog.agreesUpTo(leader.log);
  if (lag > promotionLagMax) throw new InvariantBroken(`${what}, which lacks ${lag} entries of its log`);
}

function shown({ voters, outgoing }: Configuration): string {
  return outgoing.length === 0 ? `${voters}` : `${voters} with ${outgoing}`;
}
