/** A member whose state is written slowly lets its watches go, as if its disk took nothing. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member whose state is written slowly lets its watches go, as if its disk took nothing.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: 'this.#backlog === undefined || machine.applied !== this.#appliedAtTick',
      replace: 'this.#backlog === undefined',
    },
  ],
  seenBy: 'test/node/subscriptions.test.ts',
};
