/**
 * Where pages come from and go back to. A page of its own is a buffer that the platform must allocate, clear,
 * fault in and later collect: three times the cost of cutting it from a slab, many times that of using one
 * again. Slabs grow with the store, so that a small one stays small; memory once taken stays with the pool,
 * whose size is so the largest that its store has had.
 */

export const pageBytes = 8192;

const slabPagesMin = 4;
const slabPagesMax = 128;

export class PagePool {
  readonly #free: Uint8Array[] = [];
  #slab: Uint8Array = new Uint8Array(0);
  #slabUsed = 0;
  #pageCount = 0;
  #usedPages = 0;
  #spare: Uint8Array | undefined;

  /** Bytes of pages that were taken and not given back. */
  get usedBytes(): number {
    return this.#usedPages * pageBytes;
  }

  /** A page with whatever its last user left in it. */
  take(): Uint8Array {
    this.#usedPages += 1;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#slabUsed === this.#slab.length) {
      const pages = Math.min(Math.max(this.#pageCount, slabPagesMin), slabPagesMax);
      this.#slab = new Uint8Array(pages * pageBytes);
      this.#slabUsed = 0;
    }
    const page = this.#slab.subarray(this.#slabUsed, this.#slabUsed + pageBytes);
    this.#slabUsed += pageBytes;
    this.#pageCount += 1;
    return page;
  }

  give(page: Uint8Array): void {
    this.#usedPages -= 1;
    this.#free.push(page);
  }

  /** The page to which a node packs its cells; `keepSpare` gives back the one that it packed. */
  takeSpare(): Uint8Array {
    const spare = this.#spare ?? this.take();
    this.#spare = undefined;
    return spare;
  }

  keepSpare(page: Uint8Array): void {
    this.#spare = page;
  }
}
