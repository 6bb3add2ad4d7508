/** After a restart what the snapshot holds is applied again from where the log begins. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a restart what the snapshot holds is applied again from where the log begins.',
  patches: [
    {
      file: 'src/node/group-opening.ts',
      find: '    applied: machine.applied,',
      replace: '    applied: base.index,',
    },
  ],
  seenBy: 'test/node/cluster.test.ts',
};
