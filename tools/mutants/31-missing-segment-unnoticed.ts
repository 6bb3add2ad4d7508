/** Nobody notices that a segment is gone. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Nobody notices that a segment is gone.',
  patches: [
    {
      file: 'src/storage/log/recovery.ts',
      find: '    if (present.includes(number)) continue;',
      replace: '    if (present.length > 0) continue;',
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
