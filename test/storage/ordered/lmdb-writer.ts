/**
 * A process that commits to a store as fast as it can and says on its output what has become durable, until
 * somebody kills it. Run by `lmdb-crashes.test.ts`: node lmdb-writer.ts DIRECTORY.
 */
import { writeSync } from 'node:fs';
import { realDisk } from '../../../src/ports/real/index.ts';
import { openLmdbStore } from '../../../src/storage/index.ts';
import { applyCommit } from './lmdb-script.ts';

const [directory = ''] = process.argv.slice(2);
const store = await openLmdbStore({ disk: realDisk(), directory, mapBytes: 1_048_576 });
let last = store.appliedIndex;
writeSync(1, `${last}\n`);

async function write(): Promise<void> {
  while (true) {
    last += 1;
    const number = last;
    applyCommit(store, number);
    await store.commit(number);
    writeSync(1, `${number}\n`);
  }
}

// Two commits are always under way.
await Promise.all([write(), write()]);
