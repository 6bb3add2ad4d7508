/** Any node answers strong reads from what it has. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Any node answers strong reads from what it has.',
  patches: [
    {
      file: 'src/node/node.ts',
      find: '        this.#group(group).ask(body, waiter);',
      replace: '        waiter.resolve(this.readStale(group, body));',
    },
  ],
};
