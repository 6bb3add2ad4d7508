/** Drift is measured from the timestamps and not from the time of day, so stamps that are each a little ahead drag a clock along without end. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Drift is measured from the timestamps and not from the time of day, so stamps that are each a little ahead drag a clock along without end.',
  patches: [
    {
      file: 'src/time/hybrid-clock.ts',
      find: 'const aheadMs = remote.wallMs - wall;',
      replace: 'const aheadMs = remote.wallMs - Math.max(wall, this.#wallMs);',
    },
  ],
  seenBy: 'test/time/hybrid-clock.test.ts',
};
