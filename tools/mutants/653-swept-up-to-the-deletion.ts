/** On NATS a sweep leaves what did not count behind a deletion, which then is the first under its name. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a sweep leaves what did not count behind a deletion, which then is the first under its name.',
  patches: [
    {
      file: 'src/engines/nats/mirror.ts',
      find: 'this.#leftovers.set(name, this.#kept.get(name)?.last ?? sequence);',
      replace: 'this.#leftovers.set(name, sequence);',
    },
  ],
  seenBy: 'test/engines/nats/sweep.test.ts',
};
