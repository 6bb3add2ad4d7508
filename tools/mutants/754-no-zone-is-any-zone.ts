/** Nodes without a zone count as zones of their own, so replicas lie together that need not. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Nodes without a zone count as zones of their own, so replicas lie together that need not.',
  patches: [
    {
      file: 'src/placement/preference-list.ts',
      find: 'if (visited.has(zone)) later.push(id);',
      replace: "if (zone !== '' && visited.has(zone)) later.push(id);",
    },
  ],
  seenBy: 'test/placement/preference-list.test.ts',
};
