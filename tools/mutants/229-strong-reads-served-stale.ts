/** Any node answers strong reads from what it has. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Any node answers strong reads from what it has.',
  patches: [
    {
      file: 'src/node/node.ts',
      find: '        return this.read(group, body);',
      replace: '        return Promise.resolve(this.readStale(group, body));',
    },
  ],
};
