/** A transaction that holds an append stands in the log before all members can read it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A transaction that holds an append stands in the log before all members can read it.',
  patches: [
    {
      file: 'src/mvcc/command-format.ts',
      find: 'const secondLevel: ReadonlySet<number> = new Set([kindNumbers.append, kindNumbers.add, secondTransaction]);',
      replace: 'const secondLevel: ReadonlySet<number> = new Set([kindNumbers.append, kindNumbers.add]);',
    },
  ],
  seenBy: 'test/mvcc/command-levels.test.ts',
};
