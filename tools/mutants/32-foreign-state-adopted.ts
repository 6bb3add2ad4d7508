/** The state of another log is taken for this node's own. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The state of another log is taken for this node’s own.',
  patches: [
    {
      file: 'src/node/state-directory.ts',
      find: '    if (found !== undefined && found.owner !== owner) throw foreign(path, owner, found.owner);\n',
      replace: '',
    },
  ],
  seenBy: 'test/node/kept-state.test.ts',
};
