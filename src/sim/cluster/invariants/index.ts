/** What must never happen in a cluster, judged by an onlooker who sees every disk: see `docs/GUARANTEES.md`. */
export { type Coverage, InvariantBroken } from './broken.ts';
export { checkChange, checkLeader, noteCommit, quorumHolds } from './commit-rules.ts';
export { LogBook } from './log-book.ts';
export { MemberShadow } from './member-shadow.ts';
export { checkPromise, checkRecovery, noteDurable } from './promise-rules.ts';
export { isQuorum } from './quorums.ts';
export { StepRules } from './step-rules.ts';
