/** A flush that failed counts as written, and acknowledgements follow the hole. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A flush that failed counts as written, and acknowledgements follow the hole.',
  patches: [
    {
      file: 'src/storage/log/write-ahead-log.ts',
      find: `      if (outcome.kind !== 'durable') {`,
      replace: `      if (outcome.kind === 'refused') {`,
    },
  ],
  seenBy: 'test/storage/log-faults.test.ts',
};
