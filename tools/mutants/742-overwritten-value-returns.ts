/** What the older side has overwritten is not looked at, so a late copy brings values back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What the older side has overwritten is not looked at, so a late copy brings values back.',
  patches: [
    {
      file: 'src/time/dotted-versions.ts',
      find: 'const overwritten = Math.max(newer.events - newer.values.length, older.events - older.values.length);',
      replace: 'const overwritten = newer.events - newer.values.length;',
    },
  ],
  seenBy: 'test/time/dotted-versions.test.ts',
};
