/**
 * The revisioned store as a group's state machine, with its state in memory: what a node loses with its
 * process comes back from the last snapshot and the log behind it.
 */
import { assert } from '../base/index.ts';
import { RevisionedStore, SnapshotRestore, type StoreSnapshot } from '../mvcc/index.ts';
import { MemoryOrderedStore } from '../storage/index.ts';
import type { StateMachine } from './state-machine.ts';

const nothing = new Uint8Array(0);

export class StoreMachine implements StateMachine {
  #store = new RevisionedStore(new MemoryOrderedStore());
  #applied = 0;

  get applied(): number {
    return this.#applied;
  }

  apply(index: number, command: Uint8Array | undefined): Uint8Array {
    assert(index === this.#applied + 1, 'entries are applied in order, each once');
    this.#applied = index;
    if (command === undefined) {
      this.#store.skip(index);
      return nothing;
    }
    // The store's reply is a view that its next use overwrites.
    return this.#store.apply(index, command).reply.slice();
  }

  read(query: Uint8Array): Uint8Array {
    return this.#store.read(query).slice();
  }

  snapshot(): Iterable<Uint8Array> {
    return chunks(this.#store.snapshot());
  }

  async restore(index: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    const ordered = new MemoryOrderedStore();
    const restore = new SnapshotRestore(ordered);
    for await (const chunk of source) restore.accept(chunk);
    restore.finish();
    this.#store = new RevisionedStore(ordered);
    this.#applied = index;
  }

  hash(): number {
    return this.#store.stateHash();
  }
}

/** The snapshot was taken before; this only hands it out, and gives it back at the end, reached or not. A generator that was never begun would not. */
function chunks(snapshot: StoreSnapshot): IterableIterator<Uint8Array> {
  const iterator: IterableIterator<Uint8Array> = {
    next: () => {
      const value = snapshot.next();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    return: () => {
      snapshot.close();
      return { done: true, value: undefined };
    },
    [Symbol.iterator]: () => iterator,
  };
  return iterator;
}
