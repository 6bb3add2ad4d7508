/** A look that hangs beyond its limit makes way for the next one, so that a check that never comes back costs more each time. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A look that hangs beyond its limit makes way for the next one, so that a check that never comes back costs more each time.',
  patches: [
    {
      file: 'src/discovery/checks/poller.ts',
      find: '    if (this.#run !== undefined) {\n',
      replace: '    if (this.#run?.isOver === false) {\n',
    },
  ],
  seenBy: 'test/discovery/checks/health-watch.test.ts',
};
