/** A client whose deadline is over says that its command was not applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client whose deadline is over says that its command was not applied.',
  patches: [
    {
      file: 'src/client/call-errors.ts',
      find: "(kind === 'command' || kind === 'change') && isUncertain ? 'unknown' : 'not-applied'",
      replace: "kind === 'command' && isUncertain ? 'not-applied' : 'not-applied'",
    },
  ],
  seenBy: 'test/client/store-reads.test.ts',
};
