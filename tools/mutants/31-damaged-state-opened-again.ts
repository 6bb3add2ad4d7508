/** Damage that was met while the node ran is forgotten, and the next start serves the state again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A state that was found damaged is used again after a restart.',
  patches: [
    {
      file: 'src/node/state-directory.ts',
      find: '    if (!isLost && found?.damage !== undefined) throw damaged(path, found.damage);\n',
      replace: '',
    },
  ],
  seenBy: 'test/node/kept-state.test.ts',
};
