/** A refusal is no answer that a session keeps: asked again, it may become something else. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A refusal is no answer that a session keeps: asked again, it may become something else.',
  patches: [
    {
      file: 'src/mvcc/store.ts',
      find: '    if (this.#stillThere(session)) answers.keep(request, applied.reply);',
      replace:
        '    if (applied.revision > 0 && this.#stillThere(session)) answers.keep(request, applied.reply);',
    },
  ],
  seenBy: 'test/mvcc/sessions.test.ts',
};
