/** A client takes a command for not applied when its connection broke. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client takes a command for not applied when its connection broke.',
  patches: [
    {
      file: 'src/client/link.ts',
      find: `connectionLost(address, cause, 'unknown')`,
      replace: `connectionLost(address, cause, 'not-applied')`,
    },
  ],
  seenBy: 'test/client/cluster-client.test.ts',
};
