/** The ordered store on disk keeps the rules of the port. */
import { rm } from 'node:fs/promises';
import { after } from 'node:test';
import { orderedStoreConformance } from './conformance.ts';
import { LmdbMedium } from './lmdb-medium.ts';

const media: LmdbMedium[] = [];

orderedStoreConformance({
  name: 'lmdb',
  create: async () => {
    const medium = await LmdbMedium.create();
    media.push(medium);
    return medium;
  },
  durable: true,
  runs: 15,
});

// Not every story disposes of its medium.
after(() => Promise.all(media.map(({ directory }) => rm(directory, { recursive: true, force: true }))));
