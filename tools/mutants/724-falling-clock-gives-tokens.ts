/** A clock that falls and comes back fills a bucket with the same time twice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A clock that falls and comes back fills a bucket with the same time twice.',
  patches: [
    {
      file: 'src/resilience/token-bucket.ts',
      find: '    if (nowMs <= this.#asOfMs) return;\n',
      replace: '    if (nowMs <= this.#asOfMs) {\n      this.#asOfMs = nowMs;\n      return;\n    }\n',
    },
  ],
  seenBy: 'test/resilience/rate-rule.test.ts',
};
