/** A cluster that began at a later level is taken for one of the first. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A cluster that began at a later level is taken for one of the first.',
  patches: [
    {
      file: 'src/node/group-opening.ts',
      find: '  return { ...emptyConfiguration, voters, level: foundingLevel };',
      replace: '  return { ...emptyConfiguration, voters, level: Math.min(1, foundingLevel) };',
    },
  ],
  seenBy: 'test/node/upgrade.test.ts',
};
