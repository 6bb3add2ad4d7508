/** A flush is believed without its check, so that garbage decides how long it is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A flush is believed without its check, so that garbage decides how long it is.',
  patches: [
    {
      file: 'src/storage/log/flush-format.ts',
      find: `  if (check !== flushCheck(view, offset)) return undefined;
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
