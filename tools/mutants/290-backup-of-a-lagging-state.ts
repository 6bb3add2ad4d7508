/** A backup is taken of what a member has, without making sure that it has all. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A backup is taken of what a member has, without making sure that it has all.',
  patches: [
    {
      file: 'src/node/backups.ts',
      find: '      await host.confirm();',
      replace: '      await Promise.resolve();',
    },
  ],
  seenBy: 'test/node/backups.test.ts',
};
