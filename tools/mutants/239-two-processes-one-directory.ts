/** A second process may use the directory of a running node. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A second process may use the directory of a running node.',
  patches: [
    {
      file: 'src/node/node-storage.ts',
      find: '  const lock = await machine.disk.lock(directory);',
      replace: '  const lock: DiskLock = { release: () => Promise.resolve() };',
    },
  ],
  seenBy: 'test/node/node-start.test.ts',
};
