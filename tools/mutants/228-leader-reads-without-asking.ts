/** A leader answers reads without making sure that it still leads. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader answers reads without making sure that it still leads.',
  patches: [
    {
      file: 'src/node/node.ts',
      find: '        this.#group(group).ask(body, waiter);',
      replace: `        if (this.#group(group).status.role === 'leader') waiter.resolve(this.readStale(group, body));
        else this.#group(group).ask(body, waiter);`,
    },
  ],
};
