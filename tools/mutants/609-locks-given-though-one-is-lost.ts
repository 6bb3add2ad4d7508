/** Several locks are given although the first was lost while the last was waited for. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Several locks are given although the first was lost while the last was waited for.',
  patches: [
    {
      file: 'src/recipes/multi-lock.ts',
      find: 'linkSignals(signal, ...held.map((hold) => hold.signal))',
      replace: 'linkSignals(signal)',
    },
    {
      file: 'src/recipes/multi-lock.ts',
      find: '      for (const hold of held) hold.assertHeld();\n',
      replace: '',
    },
  ],
  seenBy: 'test/recipes/multi-lock.test.ts',
};
