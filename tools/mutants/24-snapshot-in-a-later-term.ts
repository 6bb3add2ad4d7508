/** A leader that is deposed before its snapshot is on the way offers it in its successor's term. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that is deposed before its snapshot is on the way offers it in its successor’s term.',
  patches: [
    {
      file: 'src/node/snapshot-keeper.ts',
      find: `    const { term } = host.status;
    await using source = await storage.snapshots.source(group, mark);
`,
      replace: `    await using source = await storage.snapshots.source(group, mark);
    const { term } = host.status;
`,
    },
  ],
};
