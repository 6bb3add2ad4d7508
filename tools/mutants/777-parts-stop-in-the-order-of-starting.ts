/** The parts of a node are stopped in the order in which they were started, under the feet of those that need them. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The parts of a node are stopped in the order in which they were started, under the feet of those that need them.',
  patches: [
    {
      file: 'src/membership/lifecycle/component-runner.ts',
      find: 'this.#started.splice(0).reverse()',
      replace: 'this.#started.splice(0)',
    },
  ],
  seenBy: 'test/membership/lifecycle/node-lifecycle.test.ts',
};
