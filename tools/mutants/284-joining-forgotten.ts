/** A node that was stopped before its cluster took it in does not ask again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that was stopped before its cluster took it in does not ask again.',
  patches: [
    {
      file: 'src/node/start.ts',
      find: '    logMade: () => writeBirthRecord(disk, directory, { ...record, started: true }),',
      replace: '    logMade: () => writeBirthRecord(disk, directory, { ...settled, started: true }),',
    },
  ],
  seenBy: 'test/node/members.test.ts',
};
