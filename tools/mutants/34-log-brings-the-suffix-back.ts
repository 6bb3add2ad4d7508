/** After a restart entries that were replaced stand in the log again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a restart entries that were replaced stand in the log again.',
  patches: [
    {
      file: 'src/storage/log/replay.ts',
      find: `      dropFrom(replay, first);
      replay.slices.push(slice);`,
      replace: '      replay.slices.push(slice);',
    },
  ],
  seenBy: 'test/storage/log-basics.test.ts',
};
