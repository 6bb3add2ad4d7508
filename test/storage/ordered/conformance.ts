/**
 * What every ordered store must do, whatever lies beneath: the rules of the port as stories, and random
 * sequences of operations against the simplest thing that could be right, an array that is sorted anew.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OrderedSnapshot } from '../../../src/ports/index.ts';
import { copyOf, entriesOf, filled, keysOf, numbered } from './entries.ts';
import { type OrderedMedium, operation, runAgainstModel } from './random-operations.ts';

export interface Conformance {
  readonly name: string;
  readonly create: () => OrderedMedium | Promise<OrderedMedium>;
  /** False: nothing survives a crash, and the tests of that are left out. */
  readonly durable: boolean;
  /** Random sequences to try. Default 50. */
  readonly runs?: number;
}

export function orderedStoreConformance(conformance: Conformance): void {
  readingStories(conformance);
  rangeStories(conformance);
  boundStories(conformance);
  commitStories(conformance);
  snapshotStories(conformance);
  if (conformance.durable) crashStories(conformance);

  test(`${conformance.name}: random operations answer as a sorted array does`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation(conformance.durable), { maxLength: 60, size: 'max' }),
        async (operations) => {
          const medium = await conformance.create();
          try {
            await runAgainstModel(medium, operations);
          } finally {
            await medium.dispose?.();
          }
        },
      ),
      { numRuns: conformance.runs ?? 50 },
    );
  });
}

function readingStories({ name, create }: Conformance): void {
  test(`${name}: keys come back in byte order, a prefix before what it begins`, async () => {
    const store = await (await create()).open();
    for (const key of [[255], [1, 0], [1], [0], [1, 255], [127, 1], [128]]) {
      store.put(Uint8Array.from(key), Uint8Array.of(key.length));
    }
    assert.deepEqual(
      keysOf(store, {}).map((key) => [...key]),
      [[0], [1], [1, 0], [1, 255], [127, 1], [128], [255]],
    );
    await store.close();
  });

  test(`${name}: what the caller changes after a put does not change the store`, async () => {
    const store = await (await create()).open();
    const key = Uint8Array.of(1, 2);
    for (const length of [2, 5_000, 70_000]) {
      const value = filled(length, 3);
      store.put(key, value);
      value[0] = 9;
      assert.deepEqual(copyOf(store.get(key)), filled(length, 3));
    }
    key[0] = 9;
    assert.equal(store.get(Uint8Array.of(1, 2))?.length, 70_000);
    assert.equal(store.get(Uint8Array.of(9, 2)), undefined);
    await store.close();
  });

  test(`${name}: an empty value is a value, and what is not there can be deleted`, async () => {
    const store = await (await create()).open();
    store.put(Uint8Array.of(1), new Uint8Array(0));
    assert.equal(store.get(Uint8Array.of(1))?.length, 0);
    for (let turn = 0; turn < 2; turn += 1) {
      store.delete(Uint8Array.of(1));
      assert.equal(store.get(Uint8Array.of(1)), undefined);
    }
    await store.commit(1);
    store.delete(Uint8Array.of(1));
    await store.commit(2);
    assert.deepEqual(keysOf(store, {}), []);
    await store.close();
  });
}

function commitStories({ name, create }: Conformance): void {
  test(`${name}: views from many reads hold until the next write, commits or not`, async () => {
    const store = await (await create()).open();
    for (let number = 0; number < 200; number += 1) store.put(numbered(number), filled(1_000, number));
    await store.commit(1);
    for (let number = 100; number < 150; number += 1) store.put(numbered(number), filled(500, number));
    const committing = store.commit(2);
    const views = Array.from({ length: 200 }, (_, number) => store.get(numbered(number)));
    await committing;
    for (const [number, view] of views.entries()) {
      const length = number >= 100 && number < 150 ? 500 : 1_000;
      assert.deepEqual(copyOf(view), filled(length, number));
    }
    await store.close();
  });

  test(`${name}: a cursor walks on while what it walks over becomes durable`, async () => {
    const store = await (await create()).open();
    for (let number = 0; number < 1_000; number += 1) store.put(numbered(number), filled(20, number));
    const cursor = store.scan({});
    for (let number = 0; number < 500; number += 1) cursor.next();
    await store.commit(1);
    await store.commit(2);
    for (let number = 500; number < 1_000; number += 1) {
      assert.equal(cursor.next(), true);
      assert.deepEqual(copyOf(cursor.key), numbered(number));
      assert.deepEqual(copyOf(cursor.value), filled(20, number));
    }
    assert.equal(cursor.next(), false);
    await store.close();
  });

  test(`${name}: snapshots from before, amid and behind a commit show their own moments`, async () => {
    const store = await (await create()).open();
    const snapshots: OrderedSnapshot[] = [];
    const write = (moment: number): void => {
      for (let number = 0; number < 300; number += 1) store.put(numbered(number), filled(30, moment));
      store.delete(numbered(moment));
      snapshots.push(store.snapshot());
    };
    write(0);
    const first = store.commit(1);
    write(1);
    const second = store.commit(2);
    write(2);
    await first;
    write(3);
    await second;
    await store.commit(3);
    for (let number = 0; number < 300; number += 1) store.delete(numbered(number));
    await store.commit(4);
    for (const [moment, snapshot] of snapshots.entries()) {
      const entries = entriesOf(snapshot, {});
      assert.equal(entries.length, 299);
      for (const [key, value] of entries) {
        assert.notDeepEqual(key, numbered(moment));
        assert.deepEqual(value, filled(30, moment));
        assert.deepEqual(copyOf(snapshot.get(key)), value);
      }
      assert.equal(snapshot.get(numbered(moment)), undefined);
      snapshot.close();
    }
    assert.deepEqual(keysOf(store, {}), []);
    await store.close();
  });
}

function rangeStories({ name, create }: Conformance): void {
  test(`${name}: a range that is empty or upside down has no entries`, async () => {
    const store = await (await create()).open();
    for (let byte = 0; byte < 10; byte += 1) store.put(Uint8Array.of(byte), Uint8Array.of(byte));
    const five = Uint8Array.of(5);
    for (const range of [
      { start: five, end: five },
      { start: five, end: Uint8Array.of(2) },
      { start: five, end: Uint8Array.of(2), reverse: true },
      { start: Uint8Array.of(200) },
      { limit: 0 },
    ]) {
      assert.deepEqual(keysOf(store, range), []);
    }
    await store.close();
  });

  test(`${name}: a range has its start and not its end, in both directions and at every limit`, async () => {
    const store = await (await create()).open();
    for (let number = 0; number < 1_000; number += 1) store.put(numbered(number), filled(50, 1));
    const bounds = { start: numbered(300), end: numbered(700) };
    const expected = Array.from({ length: 400 }, (_, index) => numbered(300 + index));
    assert.deepEqual(keysOf(store, bounds), expected);
    assert.deepEqual(keysOf(store, { ...bounds, reverse: true }), expected.toReversed());
    assert.deepEqual(keysOf(store, { ...bounds, limit: 3 }), expected.slice(0, 3));
    assert.deepEqual(
      keysOf(store, { ...bounds, limit: 3, reverse: true }),
      expected.toReversed().slice(0, 3),
    );
    await store.close();
  });

  test(`${name}: a cursor given up early disturbs nobody`, async () => {
    const store = await (await create()).open();
    for (let byte = 0; byte < 10; byte += 1) store.put(Uint8Array.of(byte), Uint8Array.of(byte));
    const cursor = store.scan({});
    assert.equal(cursor.next(), true);
    cursor.close();
    cursor.close();
    assert.equal(cursor.next(), false);
    store.put(Uint8Array.of(3), Uint8Array.of(33));
    assert.deepEqual(copyOf(store.get(Uint8Array.of(3))), Uint8Array.of(33));
    await store.close();
  });
}

function boundStories({ name, create }: Conformance): void {
  test(`${name}: a bound may be longer than any key`, async () => {
    const store = await (await create()).open();
    const longest = filled(1_900, 5);
    const bound = filled(5_000, 5);
    for (const key of [filled(1_899, 5), longest, Uint8Array.of(6)]) store.put(key, key);
    await store.commit(1);
    for (const reverse of [false, true]) {
      assert.deepEqual(keysOf(store, { start: bound, reverse }), [Uint8Array.of(6)]);
      const below = [filled(1_899, 5), longest];
      assert.deepEqual(keysOf(store, { end: bound, reverse }), reverse ? below.toReversed() : below);
    }
    assert.equal(store.get(bound), undefined);
    store.delete(bound);
    await store.commit(2);
    assert.equal(keysOf(store, {}).length, 3);
    await store.close();
  });

  test(`${name}: entries deleted on the way count for no limit`, async () => {
    const store = await (await create()).open();
    for (let byte = 0; byte < 20; byte += 1) store.put(Uint8Array.of(byte), Uint8Array.of(byte));
    await store.commit(1);
    for (let byte = 5; byte < 15; byte += 1) store.delete(Uint8Array.of(byte));
    const start = Uint8Array.of(4);
    const expected = [4, 15, 16].map((byte) => Uint8Array.of(byte));
    assert.deepEqual(keysOf(store, { start, limit: 3 }), expected);
    await store.close();
  });
}

function snapshotStories({ name, create }: Conformance): void {
  test(`${name}: a snapshot keeps showing its moment while every key is rewritten and deleted`, async () => {
    const store = await (await create()).open();
    const size = 2_000;
    for (let number = 0; number < size; number += 1) store.put(numbered(number), filled(40, number));
    const snapshot = store.snapshot();
    const cursor = snapshot.scan({});
    for (let number = 0; number < size; number += 1) {
      assert.equal(cursor.next(), true);
      assert.deepEqual(copyOf(cursor.key), numbered(number));
      assert.deepEqual(copyOf(cursor.value), filled(40, number));
      if (number % 3 === 0) store.delete(numbered(size - 1 - number));
      else store.put(numbered(size - 1 - number), filled(90, number + 1));
      store.put(numbered(number + size), filled(10, 7));
    }
    assert.equal(cursor.next(), false);
    assert.equal(keysOf(snapshot, {}).length, size);
    snapshot.close();
    snapshot.close();
    await store.close();
  });

  test(`${name}: snapshots of different moments live side by side and end in any order`, async () => {
    const store = await (await create()).open();
    const snapshots: OrderedSnapshot[] = [];
    for (let moment = 0; moment < 5; moment += 1) {
      for (let number = 0; number < 300; number += 1) store.put(numbered(number), filled(30, moment));
      snapshots.push(store.snapshot());
    }
    for (const moment of [2, 0, 4, 1, 3]) {
      const snapshot = snapshots[moment] as OrderedSnapshot;
      for (let number = 0; number < 300; number += 1) store.put(numbered(number), filled(31, 99));
      for (const [, value] of entriesOf(snapshot, {})) assert.deepEqual(value, filled(30, moment));
      snapshot.close();
    }
    await store.close();
  });
}

function crashStories({ name, create }: Conformance): void {
  test(`${name}: a crash finds the last commit with its index, and nothing after it`, async () => {
    const medium = await create();
    const first = await medium.open();
    assert.equal(first.appliedIndex, 0);
    first.put(numbered(1), filled(10, 1));
    first.put(numbered(2), filled(10, 2));
    await first.commit(7);
    first.put(numbered(1), filled(10, 9));
    first.delete(numbered(2));
    first.put(numbered(3), filled(10, 3));

    const second = await medium.open();
    assert.equal(second.appliedIndex, 7);
    assert.deepEqual(entriesOf(second, {}), [
      [numbered(1), filled(10, 1)],
      [numbered(2), filled(10, 2)],
    ]);
    await second.commit(7);
    await second.close();
    await medium.dispose?.();
  });

  test(`${name}: what is written while a commit is under way belongs to the next`, async () => {
    const medium = await create();
    const first = await medium.open();
    first.put(numbered(1), filled(10, 1));
    first.put(numbered(2), filled(10, 2));
    const committing = first.commit(5);
    first.put(numbered(1), filled(10, 9));
    first.delete(numbered(2));
    await committing;
    assert.equal(first.appliedIndex, 5);

    const second = await medium.open();
    assert.equal(second.appliedIndex, 5);
    assert.deepEqual(copyOf(second.get(numbered(1))), filled(10, 1));
    assert.deepEqual(copyOf(second.get(numbered(2))), filled(10, 2));
    second.delete(numbered(2));
    await Promise.all([second.commit(6), second.commit(6), second.commit(8)]);

    const third = await medium.open();
    assert.equal(third.appliedIndex, 8);
    assert.deepEqual(keysOf(third, {}), [numbered(1)]);
    await third.close();
    await medium.dispose?.();
  });

  test(`${name}: large values come back whole`, async () => {
    const medium = await create();
    const first = await medium.open();
    const sizes = [1_899, 1_900, 4_096, 65_536, 1_048_576, 20_000_000];
    for (const size of sizes) first.put(numbered(size % 997), filled(size, size));
    await first.commit(1);
    const second = await medium.open();
    for (const size of sizes) {
      const value = second.get(numbered(size % 997));
      assert.equal(value !== undefined && Buffer.compare(value, filled(size, size)), 0);
    }
    for (const [, value] of entriesOf(second, {})) assert.equal(new Set(value).size, 1);
    await second.close();
    await medium.dispose?.();
  });
}
