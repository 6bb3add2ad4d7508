/** The node checks a lease by the time of its last tick, which may lie before a pause. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The node checks a lease by the time of its last tick, which may lie before a pause.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: `  #bytesSinceSnapshot: number;
`,
      replace: `  #bytesSinceSnapshot: number;
  #now = 0;
`,
    },
    {
      file: 'src/node/group-host.ts',
      find: `    this.#step({ kind: 'tick', now });`,
      replace: `    this.#now = now;
    this.#step({ kind: 'tick', now });`,
    },
    {
      file: 'src/node/group-host.ts',
      find: '    const now = this.#options.clock.now();',
      replace: '    const now = this.#now;',
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
