/** Acknowledged messages keep their bytes in the window. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Acknowledged messages keep their bytes in the window.',
  patches: [
    {
      file: 'src/raft/inflight.ts',
      find: `      this.#bytes -= first.bytes;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
