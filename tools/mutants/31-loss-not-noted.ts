/** What the log has lost is not noted, so that a crash in the middle of the repair forgets it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What the log has lost is not noted, so that a crash in the middle of the repair forgets it.',
  patches: [
    {
      file: 'src/node/node-storage.ts',
      find: `    losses.set(group, isVoteIntact ? 'entries' : 'vote');
  }
  await damage.add(losses);`,
      replace: `    losses.set(group, isVoteIntact ? 'entries' : 'vote');
  }`,
    },
  ],
  seenBy: 'test/node/repair.test.ts',
};
