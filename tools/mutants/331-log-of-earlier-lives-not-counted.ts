/** A node does not count the log of its earlier lives: restarted often enough, it never forgets any of it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node does not count the log of its earlier lives: restarted often enough, it never forgets any of it.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: 'options.bytesSinceSnapshot ?? 0;',
      replace: '0;',
    },
  ],
  seenBy: 'test/node/kept-state.test.ts',
};
