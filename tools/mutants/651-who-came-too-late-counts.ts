/** On NATS a message counts though what it replaces has been replaced by another one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a message counts though what it replaces has been replaced by another one.',
  patches: [
    {
      file: 'src/engines/nats/mirror.ts',
      find: '    if (before !== undefined && previous < before.sequence) return;\n',
      replace: '    if (before !== undefined && sequence < before.sequence) return;\n',
    },
  ],
  seenBy: 'test/engines/nats/engine.test.ts',
};
