/** A leader that is deposed before its snapshot is on the way offers it in its successor's term. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that is deposed before its snapshot is on the way offers it in its successor’s term.',
  patches: [
    {
      file: 'src/node/snapshot-keeper.ts',
      find: `      message: { kind: 'install-snapshot', group, from: identity.member, to, term, mark },`,
      replace: `      message: {
        kind: 'install-snapshot',
        ...{ group, from: identity.member, to, term: this.#options.host(group)?.status.term ?? term, mark },
      },`,
    },
  ],
  seenBy: 'test/node/snapshot-keeper.test.ts',
};
