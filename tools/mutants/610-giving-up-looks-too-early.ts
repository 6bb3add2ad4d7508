/** Who gave up taking a name looks whether he has it while his request is on its way, and has it for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who gave up taking a name looks whether he has it while his request is on its way, and has it for ever.',
  patches: [
    {
      file: 'src/recipes/own-item.ts',
      find: '    await untilDone(engine, session, {\n      when: [never],',
      replace: '    await Promise.resolve({\n      when: [never],',
    },
  ],
  seenBy: 'test/recipes/own-item.test.ts',
};
