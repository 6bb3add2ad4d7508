/**
 * One cursor over several layers of the same map, of which a newer one hides what older ones hold under the
 * same key. Each layer is a source that moves through one range in one direction; the merged cursor stands on
 * the foremost key, on the newest source that has it, and passes over deletions.
 */
import { assert } from '../../base/index.ts';
import type { OrderedCursor } from '../../ports/index.ts';

/** The entries of one layer. */
export interface LayerCursor {
  /** The key it stands on, and the value there; undefined for a deletion. Only behind a `next` that was true. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  next(): boolean;
  close(): void;
}

export interface MergedCursorOptions {
  /** Newest first. */
  readonly layers: readonly LayerCursor[];
  readonly isReverse: boolean;
  readonly limit: number;
  /** Called once, when the cursor ends in any way. */
  readonly onEnd: (cursor: MergedCursor) => void;
}

export class MergedCursor implements OrderedCursor {
  readonly #direction: 1 | -1;
  readonly #onEnd: (cursor: MergedCursor) => void;
  #layers: LayerCursor[];
  /** The layer whose entry is the cursor's; undefined before the first and behind the last. */
  #current: LayerCursor | undefined;
  #left: number;
  #state: 'new' | 'moving' | 'ended' | 'outdated' = 'new';

  constructor(options: MergedCursorOptions) {
    this.#layers = [...options.layers];
    this.#direction = options.isReverse ? -1 : 1;
    this.#left = options.limit;
    this.#onEnd = options.onEnd;
  }

  get key(): Uint8Array {
    return this.#standing().key;
  }

  get value(): Uint8Array {
    const { value } = this.#standing();
    assert(value !== undefined, 'a cursor never stands on a deletion');
    return value;
  }

  next(): boolean {
    this.#assertCurrent();
    if (this.#state === 'ended') return false;
    if (this.#left <= 0 || !this.#move()) {
      this.close();
      return false;
    }
    this.#left -= 1;
    return true;
  }

  close(): void {
    if (this.#state === 'ended' || this.#state === 'outdated') return;
    this.#end('ended');
  }

  /** The store under this cursor is written to: it ends, and whoever asks it again made a mistake. */
  outdate(): void {
    this.#end('outdated');
  }

  #standing(): LayerCursor {
    this.#assertCurrent();
    assert(this.#current !== undefined, 'a cursor stands on an entry when it is asked for one');
    return this.#current;
  }

  #assertCurrent(): void {
    assert(
      this.#state !== 'outdated',
      'a cursor over a live store ends before the next write; scan a snapshot instead',
    );
  }

  #end(state: 'ended' | 'outdated'): void {
    this.#state = state;
    this.#current = undefined;
    for (const layer of this.#layers) layer.close();
    this.#layers = [];
    this.#onEnd(this);
  }

  /** To the next key that some layer has and no newer one has deleted. */
  #move(): boolean {
    do {
      if (this.#state === 'new') {
        this.#state = 'moving';
        this.#layers = this.#layers.filter(advance);
      } else {
        this.#passKey((this.#current as LayerCursor).key);
      }
      this.#current = this.#foremost();
    } while (this.#current !== undefined && this.#current.value === undefined);
    return this.#current !== undefined;
  }

  /** The layer with the foremost key; of several with one key, the newest. */
  #foremost(): LayerCursor | undefined {
    let best = this.#layers[0];
    for (let place = 1; place < this.#layers.length; place += 1) {
      const layer = this.#layers[place] as LayerCursor;
      if (compareBytes(layer.key, (best as LayerCursor).key) * this.#direction < 0) best = layer;
    }
    return best;
  }

  /** Moves every layer that stands on `key`. */
  #passKey(key: Uint8Array): void {
    const layers = this.#layers;
    if (layers.length === 1) {
      if (!advance(layers[0] as LayerCursor)) layers.length = 0;
      return;
    }
    // Marked before any of them moves, because `key` is a view of one.
    const standing = layers.map((layer) => compareBytes(layer.key, key) === 0);
    this.#layers = layers.filter((layer, place) => !standing[place] || advance(layer));
  }
}

/** False, and closed, at the layer's end. */
function advance(layer: LayerCursor): boolean {
  if (layer.next()) return true;
  layer.close();
  return false;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = left.length < right.length ? left.length : right.length;
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
