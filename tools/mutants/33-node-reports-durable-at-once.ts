/** The node tells its groups that an append is durable when it hands it to the log. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The node tells its groups that an append is durable when it hands it to the log.',
  patches: [
    {
      file: 'src/node/persist-queue.ts',
      find: `        batch.map(({ append }) => append),
        done,
      );`,
      replace: `        batch.map(({ append }) => append),
        (error) => (error === undefined ? undefined : done(error)),
      );
      done();`,
    },
  ],
  seenBy: 'test/node/persist-queue.test.ts',
};
