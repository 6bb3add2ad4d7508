/** When garbage is freed goes by what a member has seen since its start: members free other bytes at the same index. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'When garbage is freed goes by what a member has seen since its start: members free other bytes at the same index.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: '    if (Math.floor(appliedIndex / stride) !== Math.floor(previousIndex / stride)) this.stride();',
      replace:
        '    this.#seen = (this.#seen + appliedIndex - previousIndex) % stride;\n    if (this.#seen === 0) this.stride();',
    },
    {
      file: 'src/mvcc/collector.ts',
      find: '  readonly #keyspace: Keyspace;\n',
      replace: '  readonly #keyspace: Keyspace;\n  #seen = 0;\n',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
