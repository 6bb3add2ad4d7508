/** A compaction that speaks of the old log comes behind the snapshot that replaced it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A compaction that speaks of the old log comes behind the snapshot that replaced it.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: `    if (output.compactTo > 0) effects.compact(group, output.compactTo);
    if (output.persist !== undefined) effects.persist(group, output.persist);`,
      replace: `    if (output.persist !== undefined) effects.persist(group, output.persist);
    if (output.compactTo > 0) effects.compact(group, output.compactTo);`,
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
