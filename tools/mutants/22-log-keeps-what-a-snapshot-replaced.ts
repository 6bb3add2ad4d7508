/** After a restart what an installed snapshot had replaced stands behind it again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a restart what an installed snapshot had replaced stands behind it again.',
  patches: [
    {
      file: 'src/storage/log/replay.ts',
      find: `      replay.base = mark;
      replay.slices = [];`,
      replace: '      replay.base = mark;',
    },
  ],
  seenBy: 'test/storage/log-basics.test.ts',
};
