/** The end of a session is told by a timer alone, so what hangs on it looks alive after the process stood still. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The end of a session is told by a timer alone, so what hangs on it looks alive after the process stood still.',
  patches: [
    {
      file: 'src/engines/port/life.ts',
      find: '    this.#signal = watchfulSignal(this.#over.signal, () => this.#look());',
      replace: '    this.#signal = this.#over.signal;',
    },
  ],
  seenBy: 'test/engines/port.test.ts',
};
