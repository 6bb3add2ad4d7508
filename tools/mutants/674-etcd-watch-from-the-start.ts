/** A watch on etcd that is taken up again begins where it began at first, and tells everything twice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watch on etcd that is taken up again begins where it began at first, and tells everything twice.',
  patches: [
    {
      file: 'src/engines/etcd/watch.ts',
      find: 'this.#next = revision + 1;',
      replace: '',
    },
  ],
  seenBy: 'test/engines/etcd/engine.test.ts',
};
