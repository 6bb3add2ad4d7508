/** A weight counts against the sum of all, so a node that comes moves keys between nodes that stay. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A weight counts against the sum of all, so a node that comes moves keys between nodes that stay.',
  patches: [
    {
      file: 'src/placement/ring.ts',
      find: 'const counts = nodes.map(({ weight }) => Math.max(1, Math.round(weight * virtualNodes)));',
      replace:
        'const sum = nodes.reduce((total, { weight }) => total + weight, 0);\n  const counts = nodes.map(({ weight }) => Math.max(1, Math.round((weight * virtualNodes * nodes.length) / sum)));',
    },
  ],
  seenBy: 'test/placement/movement.test.ts',
};
