/** The entries of an overlay, deletions included, as a layer of a merged cursor. */
import type { LayerCursor } from './merged-cursor.ts';
import { valueIn } from './overlay.ts';
import type { TreeCursor } from './tree-cursor.ts';

export class OverlayCursor implements LayerCursor {
  readonly #cursor: TreeCursor;
  #key: Uint8Array = new Uint8Array(0);

  constructor(cursor: TreeCursor) {
    this.#cursor = cursor;
  }

  get key(): Uint8Array {
    return this.#key;
  }

  get value(): Uint8Array | undefined {
    return valueIn(this.#cursor.value);
  }

  next(): boolean {
    if (!this.#cursor.next()) return false;
    // Asked for several times a step: by each comparison with another layer.
    this.#key = this.#cursor.key;
    return true;
  }

  close(): void {
    this.#cursor.close();
  }
}
