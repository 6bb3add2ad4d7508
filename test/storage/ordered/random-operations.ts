/**
 * Random sequences of operations against the simplest thing that could be right: an array that is sorted anew
 * for each question.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OrderedRange, OrderedReader, OrderedSnapshot, OrderedStore } from '../../../src/ports/index.ts';

import { copyOf, entriesOf, filled, longNumbered, numbered } from './entries.ts';

/** Where a store keeps what it must not forget. */
export interface OrderedMedium {
  /** A store on this medium as of its last commit; a handle from an earlier call counts as crashed. */
  open(): OrderedStore | Promise<OrderedStore>;
  /** Frees what the medium holds, when the test is done. */
  dispose?(): Promise<void>;
}

export type Operation =
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

type Act = 'snapshot' | 'close-snapshot' | 'commit' | 'begin-commit' | 'crash';

export function operation(durable: boolean): fc.Arbitrary<Operation> {
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
    ? ['snapshot', 'close-snapshot', 'commit', 'begin-commit', 'begin-commit', 'crash']
    : ['snapshot', 'close-snapshot', 'commit', 'begin-commit'];
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

export async function runAgainstModel(
  medium: OrderedMedium,
  operations: readonly Operation[],
): Promise<void> {
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
  readonly #commits: Promise<void>[] = [];
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
    await Promise.all(this.#commits);
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
    } else if (act === 'crash') {
      // Commits that had begun are awaited: one that a crash cuts off may be there or not.
      await Promise.all(this.#commits);
      this.#snapshots = [];
      this.#store = await this.#medium.open();
      assert.equal(this.#store.appliedIndex, this.#index);
      this.#model = this.#committed.copy();
    } else {
      this.#index += 3;
      this.#commits.push(this.#store.commit(this.#index));
      this.#committed = this.#model.copy();
      // What follows happens while some are under way, or none.
      if (act === 'commit') await Promise.all(this.#commits.splice(0));
      else if (this.#commits.length > 2) await this.#commits.shift();
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
    store.delete(step.key);
    model.entries.delete(hex(step.key));
  } else {
    for (let turn = 0; turn < step.count; turn += 1) {
      const number = Math.abs(step.from + turn * step.step) % 4_096;
      const key: Uint8Array = step.long ? longNumbered(number) : numbered(number);
      if (step.kind === 'clear') {
        store.delete(key);
        model.entries.delete(hex(key));
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
