/** A watch on Redis takes the next entry of a stream for the next change, also where entries between were trimmed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watch on Redis takes the next entry of a stream for the next change, also where entries between were trimmed.',
  patches: [
    {
      file: 'src/engines/redis/watch-line.ts',
      find: `      if (entry.previous <= seen) follower.heard(entry);
      else this.#drop(followed, follower);
`,
      replace: `      follower.heard(entry);
`,
    },
  ],
  seenBy: 'test/engines/redis/watching.test.ts',
};
