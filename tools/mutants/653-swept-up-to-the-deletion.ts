/** On NATS a sweep leaves what did not count behind a deletion, which then is the first under its name. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a sweep leaves what did not count behind a deletion, which then is the first under its name.',
  patches: [
    {
      file: 'src/engines/nats/copy.ts',
      find: 'all: this.#kept.get(name) ?? [sequence]',
      replace: 'all: [sequence]',
    },
  ],
  seenBy: 'test/engines/nats/sweep.test.ts',
};
