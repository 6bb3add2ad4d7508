/** A snapshot is named after what is committed, and holds what is applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot is named after what is committed, and holds what is applied.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: '    const mark = core.snapshotMark(machine.applied);',
      replace: '    const mark = core.snapshotMark(core.status().commit);',
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
