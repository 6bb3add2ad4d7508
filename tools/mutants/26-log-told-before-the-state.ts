/** The log is told that the state on disk holds what it covers before the state has been flushed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The log forgets entries that the state on disk does not hold yet.',
  patches: [
    {
      file: 'src/node/snapshot-keeper.ts',
      find: `      await durable.flush();
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/kept-state.test.ts',
};
