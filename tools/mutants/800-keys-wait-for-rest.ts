/** Each change of a set begins its table anew, so that one which never rests has none. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Each change of a set begins its table anew, so that one which never rests has none.',
  patches: [
    {
      file: 'src/discovery/balancing/key-spread.ts',
      find: 'if (this.#build !== undefined) this.#advance(nowMs);\n    else if (this.#isStale) this.#start(nowMs);',
      replace:
        'if (this.#isStale) this.#start(nowMs);\n    else if (this.#build !== undefined) this.#advance(nowMs);',
    },
  ],
  seenBy: 'test/discovery/balancing/key-spread.test.ts',
};
