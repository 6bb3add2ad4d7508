/** A member that has not heard who belongs to the group takes a snapshot that says nobody does. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that has not heard who belongs to the group takes a snapshot that says nobody does.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: '    if (mark.configuration.voters.length === 0) return undefined;',
      replace: '',
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
