/**
 * What every ordered store must do, whatever lies beneath: the rules of the port as stories, and random
 * sequences of operations against the simplest thing that could be right, an array that is sorted anew.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OrderedRange, OrderedReader, OrderedSnapshot, OrderedStore } from '../../../src/ports/index.ts';

/** Where a store keeps what it must not forget. */
export interface OrderedMedium {
  /** A store on this medium as of its last commit; a handle from an earlier call counts as crashed. */
  open(): OrderedStore | Promise<OrderedStore>;
  /** Frees what the medium holds, when the test is done. */
  dispose?(): Promise<void>;
}

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

  test(`${name}: an empty value is a value, and deleting tells whether there was one`, async () => {
    const store = await (await create()).open();
    store.put(Uint8Array.of(1), new Uint8Array(0));
    assert.equal(store.get(Uint8Array.of(1))?.length, 0);
    assert.equal(store.delete(Uint8Array.of(1)), true);
    assert.equal(store.delete(Uint8Array.of(1)), false);
    assert.equal(store.get(Uint8Array.of(1)), undefined);
    await store.close();
  });

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
}

type Operation =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  | ({ readonly kind: 'fill'; readonly bytes: number } & Run)
  | ({ readonly kind: 'clear' } & Run)
  | { readonly kind: 'scan'; readonly range: OrderedRange }
  | { readonly kind: 'act'; readonly act: Act };

/** The numbered keys `from`, `from + step` and so on. */
interface Run {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly long: boolean;
}

type Act = 'snapshot' | 'close-snapshot' | 'commit' | 'crash';

function operation(durable: boolean): fc.Arbitrary<Operation> {
  const key = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4, max: 3 }),
    fc.nat(3_000).map(numbered),
    fc.tuple(fc.integer({ min: 1, max: 1_900 }), fc.nat(3)).map(([length, byte]) => filled(length, byte)),
  );
  const valueBytes = fc.oneof(
    { weight: 6, arbitrary: fc.nat(300) },
    { weight: 1, arbitrary: fc.integer({ min: 1_900, max: 20_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(65_534, 65_535, 65_536) },
  );
  const run: { [Field in keyof Run]: fc.Arbitrary<Run[Field]> } = {
    from: fc.nat(3_000),
    count: fc.nat(400),
    step: fc.constantFrom(1, -1, 7, 1_009),
    long: fc.boolean(),
  };
  const acts: readonly Act[] = durable
    ? ['snapshot', 'close-snapshot', 'commit', 'crash']
    : ['snapshot', 'close-snapshot', 'commit'];
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        key,
        value: fc.tuple(valueBytes, fc.nat(255)).map(([length, byte]) => filled(length, byte)),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('fill' as const), ...run, bytes: fc.nat(400) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('clear' as const), ...run }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('scan' as const), range: rangeOver(key) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('act' as const), act: fc.constantFrom(...acts) }) },
  );
}

function rangeOver(key: fc.Arbitrary<Uint8Array>): fc.Arbitrary<OrderedRange> {
  return fc.record({ start: key, end: key, reverse: fc.boolean(), limit: fc.nat(50) }, { requiredKeys: [] });
}

/** The sorted array: entries as hexadecimal keys, because those compare as their bytes do. */
class Model {
  entries: Map<string, Uint8Array>;

  constructor(entries: Map<string, Uint8Array> = new Map()) {
    this.entries = entries;
  }

  copy(): Model {
    return new Model(new Map(this.entries));
  }

  scan(wanted: OrderedRange): [Uint8Array, Uint8Array][] {
    const start = wanted.start === undefined ? '' : hex(wanted.start);
    const end = wanted.end === undefined ? '~' : hex(wanted.end);
    const keys = [...this.entries.keys()].filter((key) => key >= start && key < end).sort();
    if (wanted.reverse === true) keys.reverse();
    return keys
      .slice(0, wanted.limit)
      .map((key) => [Uint8Array.from(Buffer.from(key, 'hex')), this.entries.get(key) as Uint8Array]);
  }
}

async function runAgainstModel(medium: OrderedMedium, operations: readonly Operation[]): Promise<void> {
  const pair = new Pair(medium, await medium.open());
  for (const step of operations) await pair.take(step);
  await pair.finish();
}

/** The store and its model, side by side. */
class Pair {
  readonly #medium: OrderedMedium;
  #store: OrderedStore;
  #model = new Model();
  #committed = new Model();
  #index = 0;
  #snapshots: { readonly snapshot: OrderedSnapshot; readonly model: Model }[] = [];

  constructor(medium: OrderedMedium, store: OrderedStore) {
    this.#medium = medium;
    this.#store = store;
  }

  async take(step: Operation): Promise<void> {
    if (isWrite(step)) write(this.#store, this.#model, step);
    else if (step.kind === 'scan') this.#scan(step.range);
    else await this.#act(step.act);
  }

  async finish(): Promise<void> {
    checkSame(this.#store, this.#model);
    for (const { snapshot, model } of this.#snapshots) checkSame(snapshot, model);
    await this.#store.close();
  }

  #scan(wanted: OrderedRange): void {
    assert.deepEqual(entriesOf(this.#store, wanted), this.#model.scan(wanted));
    for (const { snapshot, model } of this.#snapshots) {
      assert.deepEqual(entriesOf(snapshot, wanted), model.scan(wanted));
    }
  }

  async #act(act: Act): Promise<void> {
    if (act === 'snapshot') {
      if (this.#snapshots.length === 4) return;
      this.#snapshots.push({ snapshot: this.#store.snapshot(), model: this.#model.copy() });
    } else if (act === 'close-snapshot') {
      const oldest = this.#snapshots.shift();
      if (oldest !== undefined) checkSame(oldest.snapshot, oldest.model);
      oldest?.snapshot.close();
    } else if (act === 'commit') {
      this.#index += 3;
      await this.#store.commit(this.#index);
      this.#committed = this.#model.copy();
    } else {
      this.#snapshots = [];
      this.#store = await this.#medium.open();
      assert.equal(this.#store.appliedIndex, this.#index);
      this.#model = this.#committed.copy();
    }
  }
}

type Write = Extract<Operation, { kind: 'put' | 'delete' | 'fill' | 'clear' }>;

function isWrite(step: Operation): step is Write {
  return step.kind === 'put' || step.kind === 'delete' || step.kind === 'fill' || step.kind === 'clear';
}

function write(store: OrderedStore, model: Model, step: Write): void {
  if (step.kind === 'put') {
    store.put(step.key, step.value);
    model.entries.set(hex(step.key), step.value);
  } else if (step.kind === 'delete') {
    assert.equal(store.delete(step.key), model.entries.delete(hex(step.key)));
  } else {
    for (let turn = 0; turn < step.count; turn += 1) {
      const number = Math.abs(step.from + turn * step.step) % 4_096;
      const key: Uint8Array = step.long ? longNumbered(number) : numbered(number);
      if (step.kind === 'clear') {
        assert.equal(store.delete(key), model.entries.delete(hex(key)));
        continue;
      }
      assert.deepEqual(copyOf(store.get(key)), model.entries.get(hex(key)));
      const value = filled(step.bytes, turn);
      store.put(key, value);
      model.entries.set(hex(key), value);
    }
  }
}

function checkSame(reader: OrderedReader, model: Model): void {
  const entries = entriesOf(reader, {});
  assert.deepEqual(entries, model.scan({}));
  for (const [key, value] of entries) assert.deepEqual(copyOf(reader.get(key)), value);
}

function entriesOf(reader: OrderedReader, wanted: OrderedRange): [Uint8Array, Uint8Array][] {
  const entries: [Uint8Array, Uint8Array][] = [];
  const cursor = reader.scan(wanted);
  while (cursor.next()) entries.push([cursor.key.slice(), cursor.value.slice()]);
  return entries;
}

function keysOf(reader: OrderedReader, wanted: OrderedRange): Uint8Array[] {
  return entriesOf(reader, wanted).map(([key]) => key);
}

function copyOf(view: Uint8Array | undefined): Uint8Array | undefined {
  return view?.slice();
}

function numbered(number: number): Uint8Array {
  return new TextEncoder().encode(`some/shared/prefix/${String(number).padStart(6, '0')}`);
}

/** So long that a branch of a tree holds only a few of them: trees grow high with few keys. */
function longNumbered(number: number): Uint8Array {
  return new TextEncoder().encode(`${'long/'.repeat(240)}${String(number).padStart(6, '0')}`);
}

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
