/** A client sends a command of unknown outcome again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client sends a command of unknown outcome again.',
  patches: [
    {
      file: 'src/client/cluster-client.ts',
      find: `  if (!isQuorateError(error) || !error.retryable) return false;
  return error.outcome === 'not-applied' || kind !== 'command';`,
      replace: `  return isQuorateError(error) && (error.retryable || error.outcome === 'unknown' || kind !== 'command');`,
    },
  ],
};
