/** A refusal by Redis is told as not applied, although an earlier try was sent and its answer lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A refusal by Redis is told as not applied, although an earlier try was sent and its answer lost.',
  patches: [
    {
      file: 'src/engines/redis/link.ts',
      find: `      if (!(error instanceof Trouble) || error.isCertain) call.isUncertain = wasUncertain;
`,
      replace: `      if (!(error instanceof Trouble) || error.isCertain) call.isUncertain = false;
`,
    },
  ],
  seenBy: 'test/engines/redis/lost-connections.test.ts',
};
