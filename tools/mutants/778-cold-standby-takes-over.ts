/** A standby stands for election before it has caught up, and takes over without what it should have. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A standby stands for election before it has caught up, and takes over without what it should have.',
  patches: [
    {
      file: 'src/membership/lifecycle/standby.ts',
      find: 'await untilAborted(isWarm, signal);',
      replace: 'await untilAborted(Promise.race([isWarm, Promise.resolve()]), signal);',
    },
  ],
  seenBy: 'test/membership/lifecycle/standby.test.ts',
};
