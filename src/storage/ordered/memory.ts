/**
 * The ordered store in memory: a tree of byte pages behind the port. It serves `memory:` and the simulator.
 *
 * A store without a medium forgets everything with its process. A store on a `MemoryMedium` behaves at a
 * crash as one on a disk does: whoever opens the medium again finds the last commit and nothing after it.
 */
import { assert } from '../../base/index.ts';
import type {
  OrderedCursor,
  OrderedRange,
  OrderedReader,
  OrderedSnapshot,
  OrderedStore,
} from '../../ports/index.ts';
import { ByteTree, findLeaf, type TreeImage } from './tree.ts';
import { TreeCursor } from './tree-cursor.ts';

const keyBytesMax = 1_900;

/** What a simulated disk keeps of a store when its process dies. */
export class MemoryMedium {
  #committed: Commit | undefined;
  #store: MemoryOrderedStore | undefined;

  /** The store as of its last commit. A handle that was open before is dead, as after a crash. */
  open(): OrderedStore {
    this.#store?.abandon();
    const tree = new ByteTree();
    const before = this.#committed;
    if (before !== undefined) {
      const cursor = new TreeCursor(before.image.root, before.image.height, {});
      while (cursor.next()) tree.put(cursor.key, cursor.value);
    }
    this.#keep(tree, before?.appliedIndex ?? 0);
    this.#store = new MemoryOrderedStore(tree, before?.appliedIndex ?? 0, (index) => this.#keep(tree, index));
    return this.#store;
  }

  #keep(tree: ByteTree, appliedIndex: number): void {
    const before = this.#committed;
    this.#committed = { tree, image: tree.hold(), appliedIndex };
    before?.tree.release(before.image);
  }
}

interface Commit {
  readonly tree: ByteTree;
  readonly image: TreeImage;
  readonly appliedIndex: number;
}

export class MemoryOrderedStore implements OrderedStore {
  readonly #tree: ByteTree;
  readonly #keep: ((appliedIndex: number) => void) | undefined;
  #appliedIndex: number;
  #open = true;

  /** Empty, unless a medium has something to go on from; `keep` hears of each commit. */
  constructor(tree: ByteTree = new ByteTree(), appliedIndex = 0, keep?: (appliedIndex: number) => void) {
    this.#tree = tree;
    this.#appliedIndex = appliedIndex;
    this.#keep = keep;
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#assertOpen();
    return this.#tree.get(key);
  }

  scan(range: OrderedRange): OrderedCursor {
    this.#assertOpen();
    return this.#tree.scan(range);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#assertOpen();
    assert(
      key.length > 0 && key.length <= keyBytesMax,
      `a key has 1 to ${keyBytesMax} bytes, not ${key.length}`,
    );
    this.#tree.put(key, value);
  }

  delete(key: Uint8Array): void {
    this.#assertOpen();
    this.#tree.delete(key);
  }

  commit(appliedIndex: number): Promise<void> {
    this.#assertOpen();
    assert(
      appliedIndex >= this.#appliedIndex,
      `the applied index fell from ${this.#appliedIndex} to ${appliedIndex}`,
    );
    this.#appliedIndex = appliedIndex;
    this.#keep?.(appliedIndex);
    return Promise.resolve();
  }

  snapshot(): OrderedSnapshot {
    this.#assertOpen();
    return new MemorySnapshot(this.#tree);
  }

  close(): Promise<void> {
    this.#open = false;
    return Promise.resolve();
  }

  /** The process that held this handle is gone. */
  abandon(): void {
    this.#open = false;
  }

  #assertOpen(): void {
    assert(this.#open, 'an ordered store is not used after its end');
  }
}

class MemorySnapshot implements OrderedSnapshot, OrderedReader {
  readonly #tree: ByteTree;
  readonly #image: TreeImage;
  #open = true;

  constructor(tree: ByteTree) {
    this.#tree = tree;
    this.#image = tree.hold();
  }

  get(key: Uint8Array): Uint8Array | undefined {
    assert(this.#open, 'a snapshot is not read after its end');
    const leaf = findLeaf(this.#image.root, this.#image.height, key);
    const slot = leaf.search(key);
    return slot < 0 ? undefined : leaf.value(slot);
  }

  scan(range: OrderedRange): OrderedCursor {
    assert(this.#open, 'a snapshot is not read after its end');
    return new TreeCursor(this.#image.root, this.#image.height, range);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#tree.release(this.#image);
  }
}
