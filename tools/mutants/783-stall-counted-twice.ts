/** A stall that is noticed in two ways is counted twice, so those who are waited for get the time back twice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A stall that is noticed in two ways is counted twice, so those who are waited for get the time back twice.',
  patches: [
    {
      file: 'src/membership/gossiping-member.ts',
      find: 'this.#stallEndMs = nowMs;',
      replace: '',
    },
  ],
  seenBy: 'test/membership/town.test.ts',
};
