/** The claim of an idempotency key is the session item alone, so the death of a process in its call leaves a free key. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The record of a claimed idempotency key vanishes with the session, so the death of a process leaves a free key.',
  patches: [
    {
      file: 'src/recipes/resilience/engine-answers.ts',
      find: "{ kind: 'put', key: place.record, value: encodeRecord(pending, place.record) },",
      replace:
        "{ kind: 'put', key: place.record, value: encodeRecord(pending, place.record), session: use.session },",
    },
  ],
  seenBy: 'test/recipes/resilience/engine-answers.test.ts',
};
