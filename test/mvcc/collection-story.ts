/**
 * A life of a store in which compactions are followed piece by piece, between transactions of puts and deletes. At
 * each step it must be a state that can be sent and restored, and at the end nothing may be left of the past.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../src/base/index.ts';
import { auditState, type Operation, RevisionedStore } from '../../src/mvcc/index.ts';
import type { OrderedStore } from '../../src/ports/index.ts';
import { Driver, del, key, put } from './commands.ts';

const letters: readonly string[] = Array.from('abcdefghijkl');

export async function collectPiecewise(ordered: OrderedStore, seed: number): Promise<void> {
  const prng = new Prng(seed);
  const driver = new Driver(new RevisionedStore(ordered));
  for (let step = 0; step < 2_000; step += 1) {
    if (prng.below(400) === 0 && driver.store.revision > driver.store.compactedRevision)
      driver.expect('done', { kind: 'compact', revision: driver.store.revision });
    else if (prng.below(3) === 0) driver.expect('done', { kind: 'collect', events: prng.below(4) });
    else driver.expect('transaction', transactionOf(prng));
    if (prng.below(20) === 0) await ordered.commit(driver.store.prepareCommit());
    if (prng.below(40) === 0)
      assert.equal(
        driver.restored().store.stateHash(),
        driver.store.stateHash(),
        `step ${step}, seed ${seed}`,
      );
  }
  forgetAll(driver);
  driver.store.prepareCommit();
  assert.deepEqual(auditState(ordered), []);
  assert.equal(eventsIn(driver.store), driver.store.status.keyCount, `seed ${seed}`);
  for (const letter of letters) driver.send(del(letter));
  forgetAll(driver);
  assert.equal(eventsIn(driver.store), 0, `seed ${seed}`);
  assert.equal(driver.store.status.usedBytes, 0);
}

function forgetAll(driver: Driver): void {
  const { revision, compactedRevision } = driver.store;
  if (revision > compactedRevision) driver.expect('done', { kind: 'compact', revision });
  while (driver.store.status.isCollecting) driver.expect('done', { kind: 'collect', events: 1 });
}

function transactionOf(prng: Prng): {
  kind: 'transaction';
  compares: [];
  onSuccess: Operation[];
  onFailure: [];
} {
  const chosen = letters.filter(() => prng.below(4) === 0);
  const onSuccess = chosen.map((letter) =>
    prng.below(3) === 0 ? del(key(letter)) : put(letter, letter.repeat(prng.below(200))),
  );
  return { kind: 'transaction', compares: [], onSuccess, onFailure: [] };
}

function eventsIn(store: RevisionedStore): number {
  let count = 0;
  const cursor = store.history(0, store.revision + 1);
  while (cursor.next()) count += 1;
  cursor.close();
  return count;
}
