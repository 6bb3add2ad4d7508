/**
 * A store on disk at one moment: the images of its overlays, and a read transaction of LMDB below them. Both
 * keep their pages from being used again; what a snapshot costs is the space that changes take meanwhile.
 */
import { assert } from '../../base/index.ts';
import type { OrderedCursor, OrderedRange, OrderedSnapshot } from '../../ports/index.ts';
import type { LmdbTransaction } from './lmdb-module.ts';
import type { LmdbReader } from './lmdb-reader.ts';
import { MergedCursor } from './merged-cursor.ts';
import { type OverlayImage, valueIn } from './overlay.ts';
import { OverlayCursor } from './overlay-cursor.ts';

export interface LmdbSnapshotOptions {
  /** Newest first; the snapshot releases them. */
  readonly images: readonly OverlayImage[];
  readonly transaction: LmdbTransaction;
  readonly reader: LmdbReader;
  readonly onClose: () => void;
}

export class LmdbSnapshot implements OrderedSnapshot {
  readonly #images: readonly OverlayImage[];
  readonly #transaction: LmdbTransaction;
  readonly #reader: LmdbReader;
  readonly #onClose: () => void;
  readonly #cursors = new Set<MergedCursor>();
  #isOpen = true;

  constructor(options: LmdbSnapshotOptions) {
    this.#images = options.images;
    this.#transaction = options.transaction;
    this.#reader = options.reader;
    this.#onClose = options.onClose;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    assert(this.#isOpen, 'a snapshot is not read after its end');
    for (const image of this.#images) {
      const record = image.get(key);
      if (record !== undefined) return valueIn(record);
    }
    return this.#reader.get(key, this.#transaction);
  }

  scan(range: OrderedRange): OrderedCursor {
    assert(this.#isOpen, 'a snapshot is not read after its end');
    const cursor = new MergedCursor({
      layers: [
        ...this.#images.map((image) => new OverlayCursor(image.scan(range))),
        this.#reader.scan(range, this.#transaction),
      ],
      isReverse: range.reverse === true,
      limit: range.limit ?? Number.POSITIVE_INFINITY,
      onEnd: () => this.#cursors.delete(cursor),
    });
    this.#cursors.add(cursor);
    return cursor;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // LMDB may not lose a transaction before its cursors.
    for (const cursor of this.#cursors) cursor.close();
    this.#transaction.done();
    for (const image of this.#images) image.release();
    this.#onClose();
  }
}
