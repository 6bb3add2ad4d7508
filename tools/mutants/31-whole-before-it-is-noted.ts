/** A repaired member votes before its losses are struck off. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A repaired member votes before its losses are struck off.',
  patches: [
    {
      file: 'src/node/repairs.ts',
      find: `      if (whole.length > 0) await damage.strike(whole);
`,
      replace: `      if (whole.length > 0) void damage.strike(whole);
`,
    },
  ],
  seenBy: 'test/node/repairs.test.ts',
};
