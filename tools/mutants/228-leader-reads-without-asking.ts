/** A leader answers reads without making sure that it still leads. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader answers reads without making sure that it still leads.',
  patches: [
    {
      file: 'src/node/node.ts',
      find: '        return this.read(group, body);',
      replace: `        return this.#group(group).status.role === 'leader'
          ? Promise.resolve(this.readStale(group, body))
          : this.read(group, body);`,
    },
  ],
};
