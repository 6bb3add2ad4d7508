/** The level rises as soon as anybody else can follow. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The level rises as soon as anybody else can follow.',
  patches: [
    {
      file: 'src/raft/levels.ts',
      find: '  return allMembers(current).every((other) => {',
      replace: '  return allMembers(current).some((other) => {',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
