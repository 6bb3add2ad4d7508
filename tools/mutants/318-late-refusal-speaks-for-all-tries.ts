/** A refusal of the last try is told as it is, although an earlier try may have been applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A refusal of the last try is told as it is, although an earlier try may have been applied.',
  patches: [
    {
      file: 'src/client/call-errors.ts',
      find: "  if (outcome === 'unknown' && isQuorateError(error) && error.outcome === 'not-applied')",
      replace: "  if (outcome !== 'unknown' && isQuorateError(error) && error.outcome === 'unknown')",
    },
  ],
  seenBy: 'test/client/cluster-client.test.ts',
};
