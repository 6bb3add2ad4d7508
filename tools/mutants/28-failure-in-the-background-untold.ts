/** A log that fails while nobody waits tells nobody. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A log that fails while nobody waits tells nobody.',
  patches: [
    {
      file: 'src/storage/log/write-ahead-log.ts',
      find: `    if (outcome.kind === 'failed') this.#settings.onFailure?.(error);
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-faults.test.ts',
};
