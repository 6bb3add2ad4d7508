/** A command whose deadline has passed is proposed all the same, after its client was told that it ran out. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A command whose deadline has passed is proposed all the same, after its client was told that it ran out.',
  patches: [
    {
      file: 'src/node/proposing.ts',
      find: '      if (now < dueMs) this.add(commands[place] as Uint8Array, waiter);\n      else waiter.reject',
      replace:
        '      this.add(commands[place] as Uint8Array, waiter);\n      if (now >= dueMs) waiter.reject',
    },
  ],
  seenBy: 'test/node/deadlines.test.ts',
};
