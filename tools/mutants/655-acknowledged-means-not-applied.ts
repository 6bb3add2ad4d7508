/** On NATS a write that was acknowledged, and of which it is not seen yet whether it counts, passes for one that did not happen. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a write that was acknowledged and not seen again by its deadline is said not to have happened.',
  patches: [
    {
      file: 'src/engines/nats/stream.ts',
      find: `        if (answer.kind === 'taken') return this.#taken(answer.sequence, newest);\n`,
      replace: `        call.mayHaveHappened = before;\n        if (answer.kind === 'taken') return this.#taken(answer.sequence, newest);\n`,
    },
  ],
  seenBy: 'test/engines/nats/engine.test.ts',
};
