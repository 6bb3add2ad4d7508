/** Collection where views of a store on disk are used again by the next write. */
import { test } from 'node:test';
import { LmdbMedium } from '../storage/ordered/lmdb-medium.ts';
import { collectPiecewise } from './collection-story.ts';

test('what a compaction made unreachable is freed piece by piece on disk as in memory', async () => {
  for (let seed = 1; seed <= 3; seed += 1) {
    const medium = await LmdbMedium.create();
    try {
      await collectPiecewise(await medium.open(), seed);
    } finally {
      await medium.dispose();
    }
  }
});
