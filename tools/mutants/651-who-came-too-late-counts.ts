/** On NATS a message counts though what it replaces has been replaced by another one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a message counts though what it replaces has been replaced by another one.',
  patches: [
    {
      file: 'src/engines/nats/copy.ts',
      find: '    if (!this.#counts(entry, before)) return;\n',
      replace: '',
    },
  ],
  seenBy: 'test/engines/nats/engine.test.ts',
};
