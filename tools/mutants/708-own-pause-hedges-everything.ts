/** After a pause of the own process all calls are hedged whose answers lie ready to be read. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a pause of the own process all calls are hedged whose answers lie ready to be read.',
  patches: [
    {
      file: 'src/resilience/hedge-race.ts',
      find: '    this.#call.clock.afterTurn(() => this.#hedge());',
      replace: '    this.#hedge();',
    },
  ],
  seenBy: 'test/resilience/hedge.test.ts',
};
