/** A client whose deadline is over says that its command was not applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client whose deadline is over says that its command was not applied.',
  patches: [
    {
      file: 'src/client/cluster-client.ts',
      find: `call.kind === 'command' && attempt.link !== undefined ? 'unknown' : 'not-applied'`,
      replace: `call.kind === 'command' && attempt.link !== undefined ? 'not-applied' : 'not-applied'`,
    },
  ],
};
