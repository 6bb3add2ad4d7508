/** A reader that was superseded writes down how far it has come, and its group is set back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A reader that was superseded writes down how far it has come, and its group is set back.',
  patches: [
    {
      file: 'src/recipes/group-offset.ts',
      find: "          { key: lease.key, is: 'created', created: lease.fence.token },\n",
      replace: '',
    },
  ],
  seenBy: 'test/recipes/topic.test.ts',
};
