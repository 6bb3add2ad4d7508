/**
 * The revisioned store on disk. It leans on its ordered store harder than any story does: views passed from
 * reads to writes, scans between writes, snapshots amid commits; so it must stay equal to one in memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { auditState, RevisionedStore } from '../../../src/mvcc/index.ts';
import { type LmdbStore, MemoryOrderedStore } from '../../../src/storage/index.ts';
import { encode } from '../../mvcc/commands.ts';
import { Model } from '../../mvcc/model.ts';
import { drawnCommand, resolve } from '../../mvcc/random-commands.ts';
import { LmdbMedium } from './lmdb-medium.ts';

type Drawn = typeof drawnCommand extends fc.Arbitrary<infer One> ? One : never;

const steps = fc.array(fc.tuple(drawnCommand, fc.nat(20)), { minLength: 20, maxLength: 120, size: 'max' });

/** What happens between two commands, by a number that is drawn with each. */
const crashAt = 13;
const commitUpTo = 6;
const compareAt = 17;

class Disk {
  readonly #medium: LmdbMedium;
  readonly #commits: Promise<void>[] = [];
  ordered: LmdbStore;
  store: RevisionedStore;

  constructor(medium: LmdbMedium, ordered: LmdbStore) {
    this.#medium = medium;
    this.ordered = ordered;
    this.store = new RevisionedStore(ordered);
  }

  catchUp(log: readonly Uint8Array[]): void {
    for (let index = this.store.appliedIndex; index < log.length; index += 1) {
      this.store.apply(index + 1, log[index] as Uint8Array);
    }
  }

  /** Goes on while commits are under way, as a node does. */
  async commit(): Promise<void> {
    this.#commits.push(this.ordered.commit(this.store.prepareCommit()));
    if (this.#commits.length > 2) await this.#commits.shift();
  }

  /** What was written behind the last commit is lost, and comes back from the log. */
  async crash(): Promise<void> {
    await Promise.all(this.#commits.splice(0));
    this.ordered = await this.#medium.open();
    this.store = new RevisionedStore(this.ordered);
    assert.equal(this.store.appliedIndex, this.ordered.appliedIndex);
  }
}

async function compare(medium: LmdbMedium, drawn: readonly [Drawn, number][]): Promise<void> {
  const memory = new RevisionedStore(new MemoryOrderedStore());
  const model = new Model();
  const disk = new Disk(medium, await medium.open());
  const log: Uint8Array[] = [];
  for (const [index, [step, fate]] of drawn.entries()) {
    const command = resolve(step, model);
    model.apply(index + 1, command);
    const bytes = encode(command);
    log.push(bytes);
    const expected = memory.apply(index + 1, bytes).reply.slice();
    disk.catchUp(log.slice(0, index));
    assert.deepEqual(disk.store.apply(index + 1, bytes).reply.slice(), expected);
    if (fate <= commitUpTo) await disk.commit();
    else if (fate === crashAt) await disk.crash();
    else if (fate === compareAt) assert.deepEqual(chunksOf(disk.store), chunksOf(memory));
  }
  disk.catchUp(log);
  assert.equal(disk.store.stateHash(), memory.stateHash());
  assert.deepEqual(chunksOf(disk.store), chunksOf(memory));
  disk.store.prepareCommit();
  assert.deepEqual(auditState(disk.ordered), []);
}

function chunksOf(store: RevisionedStore): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const snapshot = store.snapshot({ chunkBytes: 300 });
  for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) chunks.push(chunk);
  return chunks;
}

test('a revisioned store on disk that crashes stays equal to one in memory that does not', async () => {
  const property = fc.asyncProperty(steps, async (drawn) => {
    const medium = await LmdbMedium.create();
    try {
      await compare(medium, drawn);
    } finally {
      await medium.dispose();
    }
  });
  await fc.assert(property, { numRuns: 25 });
});
