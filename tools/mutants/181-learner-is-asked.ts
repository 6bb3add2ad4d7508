/** A read is confirmed, and a quorum counted, over everybody who receives the log. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A read is confirmed, and a quorum counted, over everybody who receives the log.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: `export function quorumRound(state: GroupState, role: LeaderRole): number {
  return reachedByQuorum(state.memberships.current,`,
      replace: `export function quorumRound(state: GroupState, role: LeaderRole): number {
  const everybody = [state.member, ...role.progress.keys()];
  return reachedByQuorum({ ...state.memberships.current, voters: everybody, outgoing: [] },`,
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
