/** A record is believed without its check, so that garbage decides how long it is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A record is believed without its check, so that garbage decides how long it is.',
  patches: [
    {
      file: 'src/storage/log/record-format.ts',
      find: `  if (check !== view.getUint32(offset, true)) return undefined;
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
