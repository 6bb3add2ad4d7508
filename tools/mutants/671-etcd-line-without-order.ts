/** Two appends to one directory of etcd go in one transaction, get one number, and both are first in line. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Two appends to one directory of etcd go in one transaction, get one number, and both are first in line.',
  patches: [
    {
      file: 'src/engines/etcd/batches.ts',
      find: 'return !keys.has(subject.key) && (line === undefined || !directories.has(line.directory));',
      replace: 'return !keys.has(subject.key);',
    },
  ],
  seenBy: 'test/engines/etcd/engine.test.ts',
};
