/**
 * What was written to a store on disk and is not durable yet: a tree in memory that lies over what the disk
 * holds and hides it, deleted keys included. A commit freezes the overlay, and a new one takes further writes.
 *
 * A record in here is the byte that tells a value from a deletion, then the value as the disk will hold it,
 * its checksum behind it: a commit hands the bytes on where they lie.
 *
 * Whoever may still read an overlay (the store, a commit under way, a snapshot, a cursor) is one of its users;
 * with the last its pages go back to the pool, so that steady load allocates nothing.
 */
import { assert } from '../../base/index.ts';
import type { OrderedRange } from '../../ports/index.ts';
import type { PagePool } from './page-pool.ts';
import { checksumBytes, type RecordSeal } from './record-seal.ts';
import { ByteTree, findLeaf, type TreeImage } from './tree.ts';
import { TreeCursor } from './tree-cursor.ts';

const deletion = 0;
const kept = 1;
const deletionRecord: Uint8Array = Uint8Array.of(deletion);

/** Values from this length on lie beside the pages and are counted one by one. */
const largeBytesMin = 1_900;
/** A scratch buffer beyond this is not kept for the next value. */
const scratchBytesMax = 65_536;

export class Overlay {
  readonly #tree: ByteTree;
  readonly #seal: RecordSeal;
  #scratch: Uint8Array = new Uint8Array(1_024);
  #largeBytes = 0;
  #users = 1;

  constructor(pool: PagePool, seal: RecordSeal) {
    this.#tree = new ByteTree(pool);
    this.#seal = seal;
  }

  get isEmpty(): boolean {
    return this.#tree.size === 0;
  }

  /** Bytes of values that lie beside the pages. */
  get largeBytes(): number {
    return this.#largeBytes;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const bytes = 1 + value.length + checksumBytes;
    const record = this.#scratchOf(bytes);
    record[0] = kept;
    record.set(value, 1);
    this.#seal.write(key, record, 1, value.length);
    this.#write(key, record);
  }

  /** From now on `key` is not there, whatever lies below. */
  delete(key: Uint8Array): void {
    this.#write(key, deletionRecord);
  }

  /** What `valueIn` understands; undefined when this overlay does not know the key. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#tree.get(key);
  }

  /** The overlay as it is now, until it is released; later writes do not change it. */
  image(): OverlayImage {
    this.retain();
    return new OverlayImage(this, this.#tree.hold());
  }

  /** A cursor over the live tree, whatever the limit; the caller is a user until it ends. */
  scan(range: OrderedRange): TreeCursor {
    return this.#tree.scan(unlimited(range));
  }

  retain(): void {
    assert(this.#users > 0, 'an overlay that was given back is not used again');
    this.#users += 1;
  }

  release(): void {
    assert(this.#users > 0, 'an overlay is released once by each user');
    this.#users -= 1;
    if (this.#users === 0) this.#tree.dismantle();
  }

  releaseImage(image: TreeImage): void {
    this.#tree.release(image);
    this.release();
  }

  #write(key: Uint8Array, record: Uint8Array): void {
    const before = this.#tree.get(key);
    if (before !== undefined && before.length >= largeBytesMin) this.#largeBytes -= before.length;
    if (record.length >= largeBytesMin) this.#largeBytes += record.length;
    this.#tree.put(key, record);
  }

  #scratchOf(bytes: number): Uint8Array {
    if (bytes > scratchBytesMax) return new Uint8Array(bytes);
    if (bytes > this.#scratch.length) this.#scratch = new Uint8Array(Math.min(bytes * 2, scratchBytesMax));
    return this.#scratch.subarray(0, bytes);
  }
}

/** An overlay at one moment. */
export class OverlayImage {
  readonly #overlay: Overlay;
  readonly #image: TreeImage;

  constructor(overlay: Overlay, image: TreeImage) {
    this.#overlay = overlay;
    this.#image = image;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const leaf = findLeaf(this.#image.root, this.#image.height, key);
    const slot = leaf.search(key);
    return slot < 0 ? undefined : leaf.value(slot);
  }

  scan(range: OrderedRange): TreeCursor {
    return new TreeCursor(this.#image.root, this.#image.height, unlimited(range));
  }

  release(): void {
    this.#overlay.releaseImage(this.#image);
  }
}

/** Entries that are hidden or deleted do not count: who merges the layers knows which. */
function unlimited(range: OrderedRange): OrderedRange {
  return { ...range, limit: Number.POSITIVE_INFINITY };
}

/** The value in a record of an overlay; undefined for a deletion. */
export function valueIn(record: Uint8Array): Uint8Array | undefined {
  return record[0] === deletion ? undefined : record.subarray(1, record.length - checksumBytes);
}

/** What the disk holds for a record of an overlay; undefined: nothing, the key is removed. */
export function storedIn(record: Uint8Array): Uint8Array | undefined {
  return record[0] === deletion ? undefined : record.subarray(1);
}
