/**
 * Pages of 4 KiB, cut from larger blocks and used again: a block costs one allocation outside the heap where
 * pages alone would cost sixty-four, and a log that is written and synced all day needs the same few for ever.
 */

export const pageBytes = 4096;

const pagesPerBlock = 64;

export class PagePool {
  readonly #free: Uint8Array[] = [];

  /** A page with anything in it. */
  take(): Uint8Array {
    const page = this.#free.pop();
    if (page !== undefined) return page;
    const block = new ArrayBuffer(pageBytes * pagesPerBlock);
    for (let index = 1; index < pagesPerBlock; index += 1) {
      this.#free.push(new Uint8Array(block, index * pageBytes, pageBytes));
    }
    return new Uint8Array(block, 0, pageBytes);
  }

  takeZero(): Uint8Array {
    return this.take().fill(0);
  }

  copy(page: Uint8Array): Uint8Array {
    const copy = this.take();
    copy.set(page);
    return copy;
  }

  /** Whoever gives a page back has no other reference to it. */
  give(page: Uint8Array | undefined): void {
    if (page !== undefined) this.#free.push(page);
  }
}
