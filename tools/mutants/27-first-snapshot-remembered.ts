/** After a restart the log names the first snapshot that it was told of, not the last. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a restart the log names the first snapshot that it was told of, not the last.',
  patches: [
    {
      file: 'src/storage/log/replay.ts',
      find: '      replay.snapshot = change.snapshot;',
      replace: '      replay.snapshot ??= change.snapshot;',
    },
  ],
  seenBy: 'test/storage/log-basics.test.ts',
};
