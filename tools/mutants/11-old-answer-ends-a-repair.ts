/** A damaged member takes an answer from before its damage for one to its question. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A damaged member takes an answer from before its damage for one to its question.',
  patches: [{ file: 'src/raft/repairing.ts', find: 'context !== repair.context || ', replace: '' }],
  seenBy: 'test/raft/repair.test.ts',
};
