/** The disk that is memory, against the suite that every disk passes. */
import { MemoryDisk } from '../../src/storage/index.ts';
import { diskConformance } from '../ports/disk-conformance.ts';

diskConformance('memory', async () => {
  const disk = new MemoryDisk();
  await disk.makeDirectory('/here/below');
  return { disk, directory: '/here/below', run: (story) => story(), dispose: () => Promise.resolve() };
});
