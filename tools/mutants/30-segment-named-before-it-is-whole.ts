/** A new segment has its name before its zeros are durable. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A new segment has its name before its zeros are durable.',
  patches: [
    {
      file: 'src/storage/log/segment-files.ts',
      find: '    await writeZeros(disk, temporary, capacityBytes, signal);',
      replace: '    await writeZeros(disk, segmentPath(directory, number), capacityBytes, signal);',
    },
    {
      file: 'src/storage/log/segment-files.ts',
      find: '  await disk.rename(temporary, segmentPath(directory, number));\n',
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
