/** Each repetition of a suspicion counts as somebody who found it out: rumours bury. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Each repetition of a suspicion counts as somebody who found it out: rumours bury.',
  patches: [
    {
      file: 'src/gossip/suspicion.ts',
      find: 'this.#accusers.add(accuser);',
      replace: 'this.#accusers.add(accuser + this.#accusers.size);',
    },
    {
      file: 'src/gossip/suspicion.ts',
      find: '|| this.#accusers.has(accuser)) return false;',
      replace: ') return false;',
    },
  ],
  seenBy: 'test/gossip/suspicion.test.ts',
};
