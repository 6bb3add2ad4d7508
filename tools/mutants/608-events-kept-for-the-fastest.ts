/** Events are taken out when the fastest group has done them, and the others never get them. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Events are taken out when the fastest group has done them, and the others never get them.',
  patches: [
    {
      file: 'src/recipes/topic-log.ts',
      find: 'Math.min(...groups.items.map(offsetOf))',
      replace: 'Math.max(0, ...groups.items.map(offsetOf))',
    },
  ],
  seenBy: 'test/recipes/topic.test.ts',
};
