/** Fences are not looked at where the command is a transaction. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Fences are not looked at where the command is a transaction.',
  patches: [
    {
      file: 'src/mvcc/store.ts',
      find: '    const refusal = this.#guards.check(fences) ?? this.#run(body);',
      replace: `    const shown = body.kind === 'transaction' ? [] : fences;
    const refusal = this.#guards.check(shown) ?? this.#run(body);`,
    },
  ],
  seenBy: 'test/mvcc/fences.test.ts',
};
