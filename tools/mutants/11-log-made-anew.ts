/** A node whose log is gone makes a new one under its old identity, and votes. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node whose log is gone makes a new one under its old identity, and votes.',
  patches: [{ file: 'src/node/start.ts', find: '    create: !started,', replace: '    create: true,' }],
  seenBy: 'test/node/node-start.test.ts',
};
