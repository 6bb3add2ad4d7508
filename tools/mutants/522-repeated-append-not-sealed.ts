/** Whether an append was done is looked for while it may still arrive. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whether an append was done is looked for while it may still arrive, and it is made anew before.',
  patches: [
    {
      file: 'src/engines/quorate/earlier-appends.ts',
      find: '      await one.session.inner.seal(rest());\n',
      replace: '',
    },
  ],
  seenBy: 'test/engines/quorate-appends.test.ts',
};
