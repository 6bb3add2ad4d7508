/** Packets are opened with the first key alone, so an exchange of keys has a gap. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Packets are opened with the first key alone, so an exchange of keys has a gap.',
  patches: [
    {
      file: 'src/membership/envelope.ts',
      find: 'const key = ring.withNumber(wordAt(packet, 6));',
      replace: 'const key = ring.first;',
    },
  ],
  seenBy: 'test/membership/envelope.test.ts',
};
