/** The in-memory ordered store, with and without a medium that outlives a crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure } from '../../../src/base/index.ts';
import { MemoryMedium, MemoryOrderedStore } from '../../../src/storage/index.ts';
import { orderedStoreConformance } from './conformance.ts';

orderedStoreConformance({
  name: 'memory',
  create: () => ({ open: () => new MemoryOrderedStore() }),
  durable: false,
  runs: 20,
});

orderedStoreConformance({ name: 'memory medium', create: () => new MemoryMedium(), durable: true });

test('a cursor over the live store that meets a write stops the program instead of telling half-truths', () => {
  const store = new MemoryOrderedStore();
  for (let byte = 0; byte < 10; byte += 1) store.put(Uint8Array.of(byte), Uint8Array.of(byte));
  const cursor = store.scan({});
  cursor.next();
  store.put(Uint8Array.of(77), Uint8Array.of(1));
  assert.throws(() => cursor.next(), AssertionFailure);
  assert.throws(() => cursor.key, AssertionFailure);
});

test('a key that is empty or too long, a fallen index and a use after the end stop the program', async () => {
  const store = new MemoryOrderedStore();
  assert.throws(() => store.put(new Uint8Array(0), new Uint8Array(1)), AssertionFailure);
  assert.throws(() => store.put(new Uint8Array(1_901), new Uint8Array(1)), AssertionFailure);
  await store.commit(5);
  assert.throws(() => store.commit(4), AssertionFailure);
  const snapshot = store.snapshot();
  snapshot.close();
  assert.throws(() => snapshot.get(Uint8Array.of(1)), AssertionFailure);
  await store.close();
  await store.close();
  assert.throws(() => store.get(Uint8Array.of(1)), AssertionFailure);
});

test('a handle from before a crash of the medium is dead', () => {
  const medium = new MemoryMedium();
  const before = medium.open();
  medium.open();
  assert.throws(() => before.put(Uint8Array.of(1), Uint8Array.of(1)), AssertionFailure);
});
