/**
 * A B+-tree from bytes to bytes, in memory. A snapshot costs nothing to take: it keeps the root, and from
 * then on a page that it can see is copied before it is changed, together with the pages above it. Pages
 * younger than every live snapshot are changed in place.
 *
 * Two shortcuts carry the load of a revisioned store. It reads a key just before it writes it, so the tree
 * remembers the leaf of the last `get` (the *finger*). And it appends its history behind the greatest key,
 * so the tree remembers the last leaf and fills it to the brim instead of splitting it in half.
 */
import { assert } from '../../base/index.ts';
import { PagePool } from './page-pool.ts';
import { TreeCursor, type TreeRange } from './tree-cursor.ts';
import { TreeNode } from './tree-node.ts';

const noBytes = new Uint8Array(0);

/** A tree at one moment. The pages below `root` do not change while its epoch is held. */
export interface TreeImage {
  readonly root: TreeNode;
  readonly height: number;
  readonly epoch: number;
}

export class ByteTree {
  readonly #pool: PagePool;
  #root: TreeNode;
  /** Levels of branches above the leaves. */
  #height = 0;
  #size = 0;
  #writes = 0;
  #epoch = 1;
  /** Pages of this epoch or older belong to a live image, too, and are copied before a change. */
  #sharedEpoch = 0;
  readonly #heldEpochs: number[] = [];
  /** Pages that left the tree while an image could see them, with the epoch in which they left. */
  #retired: { readonly node: TreeNode; readonly leftEpoch: number }[] = [];

  #finger: TreeNode | undefined;
  /** What the search in that leaf found, in the manner of `TreeNode.search`. */
  #fingerSlot = 0;
  #lastLeaf: TreeNode | undefined;
  /** Where the last entry that was not an append went; the next slot of the same leaf is a rising run. */
  #runLeaf: TreeNode | undefined;
  #runSlot = 0;

  /** The branches that the last descent passed, by level, and the child it took in each. */
  readonly #path: TreeNode[] = [];
  readonly #turns: number[] = [];

  /** Empty. Trees that share a pool hand pages on to one another. */
  constructor(pool: PagePool = new PagePool()) {
    this.#pool = pool;
    this.#root = new TreeNode(pool, 1);
  }

  get size(): number {
    return this.#size;
  }

  /** Counts the writes, so that a cursor notices one under its feet. */
  get writes(): number {
    return this.#writes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const leaf = findLeaf(this.#root, this.#height, key);
    const slot = leaf.search(key);
    this.#finger = leaf;
    this.#fingerSlot = slot;
    return slot < 0 ? undefined : leaf.value(slot);
  }

  scan(range: TreeRange): TreeCursor {
    return new TreeCursor(this.#root, this.#height, range, this);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#writes += 1;
    if (this.#append(key, value) || this.#putAtFinger(key, value)) return;
    const leaf = this.#descend(key);
    const slot = leaf.search(key);
    if (slot >= 0) {
      if (leaf.replace(slot, value)) return;
      leaf.remove(slot);
      this.#insertSplitting(leaf, slot, key, value);
    } else {
      this.#insert(leaf, ~slot, key, value);
    }
  }

  delete(key: Uint8Array): boolean {
    this.#writes += 1;
    if (this.#deleteAtFinger(key)) return true;
    const leaf = this.#descend(key);
    const slot = leaf.search(key);
    if (slot < 0) return false;
    leaf.remove(slot);
    this.#size -= 1;
    if (leaf.sparse) this.#shrink();
    return true;
  }

  /** The tree as it is; stays so until `release`. */
  hold(): TreeImage {
    const image = { root: this.#root, height: this.#height, epoch: this.#epoch };
    this.#heldEpochs.push(image.epoch);
    this.#sharedEpoch = image.epoch;
    this.#epoch += 1;
    return image;
  }

  release(image: TreeImage): void {
    const index = this.#heldEpochs.indexOf(image.epoch);
    assert(index >= 0, 'an image is released once');
    this.#heldEpochs.splice(index, 1);
    this.#sharedEpoch = this.#heldEpochs.at(-1) ?? 0;
    this.#retired = this.#retired.filter(({ node, leftEpoch }) => {
      if (this.#heldEpochs.some((epoch) => epoch >= node.epoch && epoch < leftEpoch)) return true;
      node.drop();
      return false;
    });
  }

  /** Gives every page back at once. Nothing may use this tree, or a cursor over it, any more. */
  dismantle(): void {
    assert(this.#heldEpochs.length === 0, 'a tree is taken apart when nobody holds an image of it');
    this.#writes += 1;
    this.#forgetShortcuts();
    dropAll(this.#root);
  }

  #append(key: Uint8Array, value: Uint8Array): boolean {
    this.#lastLeaf ??= this.#findLastLeaf();
    const leaf = this.#lastLeaf;
    if (leaf.epoch <= this.#sharedEpoch || leaf.count === 0) return false;
    if (leaf.compareKey(leaf.count - 1, key) >= 0) return false;
    if (!leaf.insert(leaf.count, key, value)) return false;
    this.#size += 1;
    return true;
  }

  /**
   * Where the last `get` looked, if that is where `key` is or belongs: a key found there, or one that lies
   * between two others, belongs to that leaf whatever the branches above say. Undefined when that is not known
   * or the leaf may not be changed.
   */
  #slotAtFinger(key: Uint8Array): number | undefined {
    const leaf = this.#finger;
    const slot = this.#fingerSlot;
    if (leaf === undefined || leaf.epoch <= this.#sharedEpoch) return undefined;
    if (slot >= 0) return slot < leaf.count && leaf.compareKey(slot, key) === 0 ? slot : undefined;
    const gap = ~slot;
    if (gap === 0 || gap >= leaf.count) return undefined;
    return leaf.compareKey(gap - 1, key) < 0 && leaf.compareKey(gap, key) > 0 ? slot : undefined;
  }

  #putAtFinger(key: Uint8Array, value: Uint8Array): boolean {
    const slot = this.#slotAtFinger(key);
    if (slot === undefined) return false;
    const leaf = this.#finger as TreeNode;
    if (slot >= 0) return leaf.replace(slot, value);
    if (!leaf.insert(~slot, key, value)) return false;
    this.#size += 1;
    this.#runLeaf = leaf;
    this.#runSlot = ~slot;
    return true;
  }

  /** Only where the leaf stays full enough to need no neighbour. */
  #deleteAtFinger(key: Uint8Array): boolean {
    const slot = this.#slotAtFinger(key);
    if (slot === undefined || slot < 0 || !(this.#finger as TreeNode).ample) return false;
    (this.#finger as TreeNode).remove(slot);
    this.#size -= 1;
    return true;
  }

  #insert(leaf: TreeNode, slot: number, key: Uint8Array, value: Uint8Array): void {
    this.#size += 1;
    const rising = this.#runLeaf === leaf && this.#runSlot === slot - 1;
    this.#runLeaf = leaf;
    this.#runSlot = slot;
    if (!leaf.insert(slot, key, value)) this.#insertSplitting(leaf, slot, key, value, rising);
  }

  #insertSplitting(leaf: TreeNode, slot: number, key: Uint8Array, value: Uint8Array, rising = false): void {
    const right = new TreeNode(this.#pool, this.#epoch);
    const behindAll = slot === leaf.count && (rising || leaf === this.#findLastLeaf());
    const cut = behindAll ? slot : leaf.middle();
    leaf.copyTail(cut, right);
    leaf.cutTail(cut);
    const goesRight = slot >= cut;
    const target = goesRight ? right : leaf;
    const at = goesRight ? slot - cut : slot;
    const done = target.insert(at, key, value);
    assert(done, 'after a split there is room for one entry of any size');
    this.#runLeaf = target;
    this.#runSlot = at;
    this.#insertChild(separator(leaf.key(leaf.count - 1), right.key(0)), right);
  }

  /** Hangs `child` into the branches of the last descent, right of where it turned. */
  #insertChild(separatorKey: Uint8Array, child: TreeNode): void {
    this.#forgetShortcuts();
    let key = separatorKey;
    let added = child;
    for (let level = 1; level <= this.#height; level += 1) {
      const branch = this.#path[level] as TreeNode;
      const turn = this.#turns[level] as number;
      if (hang(branch, turn, key, added)) return;
      const middle = branch.middle();
      const promoted = branch.key(middle).slice();
      const right = new TreeNode(this.#pool, this.#epoch, childrenOf(branch).splice(middle + 1));
      branch.copyTail(middle + 1, right);
      branch.cutTail(middle);
      const done =
        turn <= middle ? hang(branch, turn, key, added) : hang(right, turn - middle - 1, key, added);
      assert(done, 'after a split there is room for one separator of any size');
      key = promoted;
      added = right;
    }
    const root = new TreeNode(this.#pool, this.#epoch, [this.#root, added]);
    root.insert(0, key, noBytes);
    this.#root = root;
    this.#height += 1;
  }

  /** The leaf of the last descent has become sparse: merges upwards while neighbours fit into one page. */
  #shrink(): void {
    for (let level = 1; level <= this.#height; level += 1) {
      const branch = this.#path[level] as TreeNode;
      const turn = this.#turns[level] as number;
      const children = childrenOf(branch);
      const child = children[turn] as TreeNode;
      const empty = child.children === undefined ? child.count === 0 : child.children.length === 0;
      if (empty) {
        children.splice(turn, 1);
        this.#retire(child);
        if (branch.count > 0) branch.remove(turn === 0 ? 0 : turn - 1);
      } else if (!this.#merge(branch, turn - 1) && !this.#merge(branch, turn)) {
        break;
      }
      this.#forgetShortcuts();
      if (children.length > 0 && !branch.sparse) break;
    }
    this.#lowerRoot();
  }

  /** Merges the children `left` and `left + 1` when both exist and fit into one page with room to spare. */
  #merge(branch: TreeNode, left: number): boolean {
    const children = childrenOf(branch);
    const right = children[left + 1];
    if (left < 0 || right === undefined || !(children[left] as TreeNode).fitsWith(right)) return false;
    const target = this.#writableChild(branch, left);
    if (target.children !== undefined) {
      target.insert(target.count, branch.key(left), noBytes);
      target.children.push(...childrenOf(right));
    }
    right.copyTail(0, target);
    branch.remove(left);
    children.splice(left + 1, 1);
    this.#retire(right);
    return true;
  }

  #lowerRoot(): void {
    while (this.#height > 0) {
      const children = childrenOf(this.#root);
      if (children.length > 1) return;
      this.#retire(this.#root);
      this.#height = children.length === 0 ? 0 : this.#height - 1;
      this.#root = children[0] ?? new TreeNode(this.#pool, this.#epoch);
      this.#forgetShortcuts();
    }
  }

  /** The leaf of `key`, it and all above it free to be changed. */
  #descend(key: Uint8Array): TreeNode {
    if (this.#root.epoch <= this.#sharedEpoch) {
      const shared = this.#root;
      this.#root = shared.clone(this.#epoch);
      this.#retire(shared);
      this.#forgetShortcuts();
    }
    let node = this.#root;
    for (let level = this.#height; level > 0; level -= 1) {
      const turn = childIndex(node, key);
      this.#path[level] = node;
      this.#turns[level] = turn;
      node = this.#writableChild(node, turn);
    }
    return node;
  }

  #writableChild(branch: TreeNode, turn: number): TreeNode {
    const children = childrenOf(branch);
    const child = children[turn] as TreeNode;
    if (child.epoch > this.#sharedEpoch) return child;
    const copy = child.clone(this.#epoch);
    children[turn] = copy;
    this.#retire(child);
    this.#forgetShortcuts();
    return copy;
  }

  /** `node` is no longer part of the tree; its page is reused once no image sees it. */
  #retire(node: TreeNode): void {
    if (node.epoch > this.#sharedEpoch) node.drop();
    else this.#retired.push({ node, leftEpoch: this.#epoch });
  }

  #findLastLeaf(): TreeNode {
    let node = this.#root;
    for (let level = this.#height; level > 0; level -= 1) node = childrenOf(node).at(-1) as TreeNode;
    return node;
  }

  /** Whenever a page is copied, split or dropped: a shortcut to a page outside of the tree would lose writes. */
  #forgetShortcuts(): void {
    this.#finger = undefined;
    this.#lastLeaf = undefined;
  }
}

/** The leaf below `root` where `key` is or would be. */
export function findLeaf(root: TreeNode, height: number, key: Uint8Array): TreeNode {
  let node = root;
  for (let level = height; level > 0; level -= 1) node = childrenOf(node)[childIndex(node, key)] as TreeNode;
  return node;
}

function dropAll(node: TreeNode): void {
  for (const child of node.children ?? []) dropAll(child);
  node.drop();
}

function childIndex(branch: TreeNode, key: Uint8Array): number {
  const slot = branch.search(key);
  return slot < 0 ? ~slot : slot + 1;
}

function childrenOf(branch: TreeNode): TreeNode[] {
  return branch.children as TreeNode[];
}

function hang(branch: TreeNode, turn: number, key: Uint8Array, child: TreeNode): boolean {
  if (!branch.insert(turn, key, noBytes)) return false;
  childrenOf(branch).splice(turn + 1, 0, child);
  return true;
}

/** The shortest key above `left` and not above `right`: short separators make broad branches. */
function separator(left: Uint8Array, right: Uint8Array): Uint8Array {
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared += 1;
  return right.slice(0, shared + 1);
}
