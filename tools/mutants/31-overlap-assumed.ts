/** A later flush that begins where a lost one was expected is taken for an overlap. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A later flush that begins where a lost one was expected is taken for an overlap, and ends the process.',
  patches: [
    {
      file: 'src/storage/log/chain-walk.ts',
      find: '    const room = found - from - flushHeaderBytes;',
      replace: `    const room = found - from - flushHeaderBytes;
    assert(room >= 0, 'salvaged records overlap the next flush');`,
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
