/**
 * No promise leaves before its ground is durable: at the moment at which a message leaves, what it promises is
 * compared with what the disk has called durable (Raft, figure 2: "updated on stable storage before
 * responding"). After a crash the same promises are what the disk must bring back.
 */
import type { Message, Recovery } from '../../../raft/index.ts';
import type { StateChange } from '../../../storage/index.ts';
import { InvariantBroken } from './broken.ts';
import type { LogBook } from './log-book.ts';
import type { MemberShadow } from './member-shadow.ts';

type VoteReply = Extract<Message, { kind: 'vote-reply' }>;
type AppendAccepted = Extract<Message, { kind: 'append-accepted' }>;

/** A message leaves `shadow`'s member. */
export function checkPromise(shadow: MemberShadow, message: Message): void {
  const { kind, term } = message;
  if ((kind === 'vote-request' || kind === 'vote-reply') && message.preVote)
    return checkPreVote(shadow, message);
  checkTerm(shadow, message);
  if (kind === 'vote-reply') checkVote(shadow, message);
  else if (kind === 'append-accepted') checkAcceptance(shadow, message);
  else if (kind === 'append' && message.commit < shadow.toldCommit)
    throw broken(shadow, `told the commit index ${message.commit} after ${shadow.toldCommit}`);
  if (kind === 'append') shadow.toldCommit = message.commit;
  shadow.toldTerm = term;
}

function checkTerm(shadow: MemberShadow, { kind, term }: Message): void {
  // A question promises nothing, and its term is the leader's own.
  if (term > shadow.durable.term && kind !== 'read-request')
    throw broken(
      shadow,
      `says ${kind} in term ${term}, but its disk has no term above ${shadow.durable.term}`,
    );
  if (term < shadow.toldTerm)
    throw broken(shadow, `says ${kind} in term ${term} after it spoke in term ${shadow.toldTerm}`);
}

function checkPreVote(shadow: MemberShadow, message: Message): void {
  if (message.kind === 'vote-reply' && message.granted) checkMayVote(shadow);
}

function checkVote(shadow: MemberShadow, { granted, term, to }: VoteReply): void {
  if (!granted) return;
  checkMayVote(shadow);
  const { durable } = shadow;
  if (durable.term === term && durable.vote !== to)
    throw broken(
      shadow,
      `votes for member ${to} in term ${term}, but its disk has a vote for ${durable.vote}`,
    );
}

/** Who may have forgotten a vote must not give another. */
function checkMayVote(shadow: MemberShadow): void {
  if (shadow.lostPromises) throw broken(shadow, 'votes, although its disk has lost what it promised before');
}

function checkAcceptance(shadow: MemberShadow, { damaged, match, term }: AppendAccepted): void {
  if (damaged) return;
  if (shadow.lostPromises)
    throw broken(shadow, `acknowledges ${match} as if its disk had not lost what it promised before`);
  const { durableLog, log } = shadow;
  const held = log.termAt(match);
  if (match > durableLog.last || (held !== 0 && durableLog.termAt(match) !== held))
    throw broken(
      shadow,
      `acknowledges ${match}, but its disk has the log up to ${durableLog.last} of term ${durableLog.lastTerm}`,
    );
  // Only a later leader may make it forget this.
  const before = shadow.accepted;
  if (before === undefined || before.term !== term || match > before.match.index)
    shadow.accepted = { term, match: { index: match, term: durableLog.termAt(match) } };
}

/** What the disk brought back, entries not yet put; compared with what it had called durable. */
export function checkRecovery(shadow: MemberShadow, recovery: Recovery, book: LogBook): void {
  const { durable } = shadow;
  const { term = 0, vote = 0, commit = 0 } = recovery.hardState ?? {};
  const isVoteLost = term === durable.term && durable.vote !== 0 && vote !== durable.vote;
  if (term < durable.term || isVoteLost || commit < durable.commit)
    throw broken(
      shadow,
      `had term ${durable.term}, a vote for ${durable.vote} and commit ${durable.commit} on its disk, and comes back with ${term}, ${vote} and ${commit}`,
    );
  const { base = { index: 0, term: 0 }, entries = [] } = recovery;
  const termAt = (index: number): number =>
    index === base.index ? base.term : (entries[index - base.index - 1]?.term ?? 0);
  const held = shadow.durableLog.agreesUpTo(book.committed);
  if (held > base.index && termAt(held) !== book.committed.termAt(held))
    throw broken(
      shadow,
      `had everything committed up to ${held} on its disk, and comes back with a log up to ${base.index + entries.length}`,
    );
  const { accepted } = shadow;
  // A log that was taken up from a later leader, perhaps just before the crash, need not hold it any more.
  if (accepted === undefined || accepted.term !== term || accepted.match.index <= base.index) return;
  if (termAt(accepted.match.index) !== accepted.match.term)
    throw broken(shadow, `had acknowledged ${accepted.match.index}, and comes back without it`);
}

/** The disk calls a change durable: what it held before may only grow. */
export function noteDurable(
  shadow: MemberShadow,
  { removed, installed, snapshot, hardState }: StateChange,
): void {
  const { durable, durableLog, applied, member } = shadow;
  if (removed) {
    durableLog.reset({ index: 0, term: 0 });
    durable.commit = 0;
  }
  // A log that is shortened says once more what it knows, also of a snapshot that was lost with its file.
  const isNew = snapshot !== undefined && snapshot.index > durable.snapshot;
  if (isNew && snapshot.index > applied)
    throw new InvariantBroken(
      `member ${member} keeps a snapshot of ${snapshot.index}, and has applied ${applied}`,
    );
  durable.snapshot = snapshot?.index ?? durable.snapshot;
  if (installed !== undefined) durableLog.reset(installed);
  if (hardState === undefined) return;
  const { term, vote, commit } = hardState;
  const isSecondVote = term === durable.term && durable.vote !== 0 && vote !== durable.vote;
  // What a damaged member held, or knows from its snapshot, may be more than its log has left and says once more.
  const isFall = term < durable.term || commit < durable.commit;
  if ((isFall && !shadow.lostPromises) || isSecondVote)
    throw new InvariantBroken(
      `member ${member} replaces term ${durable.term}, vote ${durable.vote}, commit ${durable.commit} on its disk by ${term}, ${vote}, ${commit}`,
    );
  durable.term = term;
  durable.vote = vote;
  durable.commit = commit;
}

function broken({ member }: MemberShadow, what: string): InvariantBroken {
  return new InvariantBroken(`member ${member} ${what}`);
}
