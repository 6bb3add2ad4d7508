/** The audit finds what a disk, or a mistake, did to a state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditState, RevisionedStore } from '../../src/mvcc/index.ts';
import type { OrderedStore } from '../../src/ports/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { Driver, del, put } from './commands.ts';

/** A committed state with a bit of everything, and the place where it lies. */
function makeState(): OrderedStore {
  const ordered = new MemoryOrderedStore();
  const driver = new Driver(new RevisionedStore(ordered));
  const lease = driver.grant();
  driver.send(put('a', '1'));
  driver.send(put('a', '2'));
  driver.send(put('b', '1', { lease }), {
    fences: [{ holder: 'elsewhere', key: Uint8Array.of(9), token: 4 }],
  });
  driver.send(put('c', '1'));
  driver.send(del('c'));
  driver.store.prepareCommit();
  return ordered;
}

/** The entries of the state by the first byte of their keys, which names the table. */
function keysOf(ordered: OrderedStore, table: number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  const cursor = ordered.scan({ start: Uint8Array.of(table), end: Uint8Array.of(table + 1) });
  while (cursor.next()) keys.push(cursor.key.slice());
  return keys;
}

test('a sound state has no problems', () => {
  assert.deepEqual(auditState(makeState()), []);
});

test('any record that is lost is missed', () => {
  for (const table of [2, 3, 5, 7, 8]) {
    const { length } = keysOf(makeState(), table);
    assert.ok(length > 0, `table ${table} has no records`);
    for (let index = 0; index < length; index += 1) {
      const ordered = makeState();
      ordered.delete(keysOf(ordered, table)[index] as Uint8Array);
      assert.ok(auditState(ordered).length > 0, `record ${index} of table ${table}`);
    }
  }
});

test('a bit that flips in the history is seen, wherever it is', () => {
  const { length } = keysOf(makeState(), 8);
  for (let index = 0; index < length; index += 1) {
    const ordered = makeState();
    const key = keysOf(ordered, 8)[index] as Uint8Array;
    const value = ordered.get(key)?.slice() as Uint8Array;
    value[value.length - 1] = (value.at(-1) as number) ^ 1;
    ordered.put(key, value);
    assert.ok(auditState(ordered).length > 0);
  }
});

test('a head that points to the wrong version is seen', () => {
  const ordered = makeState();
  const [a, b] = keysOf(ordered, 2) as [Uint8Array, Uint8Array];
  ordered.put(a, ordered.get(b)?.slice() as Uint8Array);
  assert.match(auditState(ordered).join(), /key 0261 points to revision/);
});

test('a state that was never completed is no state', () => {
  assert.deepEqual(auditState(new MemoryOrderedStore()), ['there is no record of the state as a whole']);
});
