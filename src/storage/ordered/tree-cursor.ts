/**
 * Walks the entries of a tree in either direction. Leaves are not linked (a copied page would have to copy
 * its neighbours), so the cursor keeps the branches above it and climbs at the end of a leaf.
 */
import { assert } from '../../base/index.ts';
import type { TreeNode } from './tree-node.ts';

export interface TreeRange {
  readonly start?: Uint8Array;
  readonly end?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** What a live tree tells its cursors, so that they notice a write. */
export interface WriteCounter {
  readonly writes: number;
}

export class TreeCursor {
  readonly #start: Uint8Array | undefined;
  readonly #end: Uint8Array | undefined;
  readonly #step: 1 | -1;
  readonly #counter: WriteCounter | undefined;
  readonly #writes: number;
  readonly #path: TreeNode[] = [];
  readonly #turns: number[] = [];
  readonly #height: number;
  readonly #root: TreeNode;
  #left: number;
  #leaf: TreeNode | undefined;
  #slot = 0;
  #done = false;

  constructor(root: TreeNode, height: number, range: TreeRange, counter?: WriteCounter) {
    this.#start = range.start;
    this.#end = range.end;
    this.#step = range.reverse === true ? -1 : 1;
    this.#left = range.limit ?? Number.POSITIVE_INFINITY;
    this.#root = root;
    this.#height = height;
    this.#counter = counter;
    this.#writes = counter?.writes ?? 0;
  }

  get key(): Uint8Array {
    return this.#current().key(this.#slot);
  }

  get value(): Uint8Array {
    return this.#current().value(this.#slot);
  }

  next(): boolean {
    if (this.#done) return false;
    this.#checkWrites();
    if (this.#left <= 0 || !this.#move() || !this.#inRange()) {
      this.close();
      return false;
    }
    this.#left -= 1;
    return true;
  }

  close(): void {
    this.#done = true;
    this.#leaf = undefined;
    this.#path.length = 0;
  }

  #current(): TreeNode {
    this.#checkWrites();
    assert(this.#leaf !== undefined, 'a cursor stands on an entry when it is asked for one');
    return this.#leaf;
  }

  #checkWrites(): void {
    assert(
      this.#counter === undefined || this.#counter.writes === this.#writes,
      'a cursor over a live store ends before the next write; scan a snapshot instead',
    );
  }

  #move(): boolean {
    const step = this.#step;
    if (this.#leaf === undefined) this.#seek();
    else this.#slot += step;
    while (this.#leaf !== undefined && (this.#slot < 0 || this.#slot >= this.#leaf.count)) this.#climb();
    return this.#leaf !== undefined;
  }

  #inRange(): boolean {
    const leaf = this.#leaf as TreeNode;
    if (this.#step > 0) return this.#end === undefined || leaf.compareKey(this.#slot, this.#end) < 0;
    return this.#start === undefined || leaf.compareKey(this.#slot, this.#start) >= 0;
  }

  /** To the first entry of the range in the cursor's direction; the slot may lie one beside its leaf. */
  #seek(): void {
    const forward = this.#step > 0;
    const bound = forward ? this.#start : this.#end;
    let node = this.#root;
    for (let level = this.#height; level > 0; level -= 1) {
      const children = node.children as TreeNode[];
      let turn = forward ? 0 : children.length - 1;
      if (bound !== undefined) {
        const slot = node.search(bound);
        turn = slot < 0 ? ~slot : slot + 1;
      }
      this.#path[level] = node;
      this.#turns[level] = turn;
      node = children[turn] as TreeNode;
    }
    this.#leaf = node;
    const found = bound === undefined ? ~(forward ? 0 : node.count) : node.search(bound);
    const least = found < 0 ? ~found : found;
    this.#slot = forward ? least : least - 1;
  }

  /** To the nearest slot of the neighbouring leaf; leaves the cursor without a leaf behind the last. */
  #climb(): void {
    for (let level = 1; level <= this.#height; level += 1) {
      const children = (this.#path[level] as TreeNode).children as TreeNode[];
      const turn = (this.#turns[level] as number) + this.#step;
      if (turn < 0 || turn >= children.length) continue;
      this.#turns[level] = turn;
      this.#sink(children[turn] as TreeNode, level - 1);
      return;
    }
    this.#leaf = undefined;
    this.#done = true;
  }

  #sink(from: TreeNode, levels: number): void {
    let node = from;
    for (let level = levels; level > 0; level -= 1) {
      const children = node.children as TreeNode[];
      const turn = this.#step > 0 ? 0 : children.length - 1;
      this.#path[level] = node;
      this.#turns[level] = turn;
      node = children[turn] as TreeNode;
    }
    this.#leaf = node;
    this.#slot = this.#step > 0 ? 0 : node.count - 1;
  }
}
