/** A client sends a command of unknown outcome again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client sends a command of unknown outcome again.',
  patches: [
    {
      file: 'src/client/call-retries.ts',
      find: `  if (!error.retryable) return false;
  if ((kind !== 'command' && kind !== 'change') || isRepeatable) return true;
  return error.outcome === 'not-applied';`,
      replace: `  return error.retryable || error.outcome === 'unknown' || kind !== 'command' || isRepeatable;`,
    },
  ],
  seenBy: 'test/client/silence.test.ts',
};
