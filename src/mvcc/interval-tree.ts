/**
 * Ranges of keys, and the question which of them contain a key. A balanced tree (Adelson-Velsky and Landis)
 * ordered by where the ranges start; each node knows the greatest end below it, so that whole branches which
 * end too early are passed over. A question costs the height and what it finds, not the number of ranges.
 */
import { compareKeys } from './ranges.ts';

interface IntervalNode<T> {
  readonly start: Uint8Array;
  /** Empty for no upper bound. */
  readonly end: Uint8Array;
  readonly element: T;
  left: IntervalNode<T> | undefined;
  right: IntervalNode<T> | undefined;
  height: number;
  endMax: Uint8Array;
}

export class IntervalTree<T> {
  #root: IntervalNode<T> | undefined;

  get isEmpty(): boolean {
    return this.#root === undefined;
  }

  get(start: Uint8Array, end: Uint8Array): T | undefined {
    let node = this.#root;
    while (node !== undefined) {
      const order = compareRanges(start, end, node);
      if (order === 0) return node.element;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }

  /** The tree keeps both bounds; the same range must not be there yet. */
  insert(start: Uint8Array, end: Uint8Array, element: T): void {
    const node = { start, end, element, left: undefined, right: undefined, height: 1, endMax: end };
    this.#root = insert(this.#root, node);
  }

  remove(start: Uint8Array, end: Uint8Array): void {
    this.#root = remove(this.#root, start, end);
  }

  /** Calls `visit` with the element of each range that contains `key`, in the order of their starts. */
  visit(key: Uint8Array, visit: (element: T) => void): void {
    visitNode(this.#root, key, visit);
  }
}

function visitNode<T>(node: IntervalNode<T> | undefined, key: Uint8Array, visit: (element: T) => void): void {
  if (node === undefined || !endsBehind(node.endMax, key)) return;
  visitNode(node.left, key, visit);
  if (compareKeys(node.start, key) > 0) return;
  if (endsBehind(node.end, key)) visit(node.element);
  visitNode(node.right, key, visit);
}

function insert<T>(node: IntervalNode<T> | undefined, added: IntervalNode<T>): IntervalNode<T> {
  if (node === undefined) return added;
  if (compareRanges(added.start, added.end, node) < 0) node.left = insert(node.left, added);
  else node.right = insert(node.right, added);
  return balance(node);
}

function remove<T>(
  node: IntervalNode<T> | undefined,
  start: Uint8Array,
  end: Uint8Array,
): IntervalNode<T> | undefined {
  if (node === undefined) return undefined;
  const order = compareRanges(start, end, node);
  if (order < 0) node.left = remove(node.left, start, end);
  else if (order > 0) node.right = remove(node.right, start, end);
  else return join(node.left, node.right);
  return balance(node);
}

/** One tree of two that were the children of a node that goes. */
function join<T>(
  left: IntervalNode<T> | undefined,
  right: IntervalNode<T> | undefined,
): IntervalNode<T> | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const [least, rest] = takeLeast(right);
  least.left = left;
  least.right = rest;
  return balance(least);
}

function takeLeast<T>(node: IntervalNode<T>): [IntervalNode<T>, IntervalNode<T> | undefined] {
  if (node.left === undefined) return [node, node.right];
  const [least, rest] = takeLeast(node.left);
  node.left = rest;
  return [least, balance(node)];
}

function balance<T>(node: IntervalNode<T>): IntervalNode<T> {
  const { left, right } = node;
  const lean = heightOf(left) - heightOf(right);
  if (left !== undefined && lean > 1) {
    if (heightOf(left.left) < heightOf(left.right)) node.left = rotateLeft(left);
    return rotateRight(node);
  }
  if (right !== undefined && lean < -1) {
    if (heightOf(right.right) < heightOf(right.left)) node.right = rotateRight(right);
    return rotateLeft(node);
  }
  return measure(node);
}

function rotateRight<T>(node: IntervalNode<T>): IntervalNode<T> {
  const raised = node.left as IntervalNode<T>;
  node.left = raised.right;
  raised.right = measure(node);
  return measure(raised);
}

function rotateLeft<T>(node: IntervalNode<T>): IntervalNode<T> {
  const raised = node.right as IntervalNode<T>;
  node.right = raised.left;
  raised.left = measure(node);
  return measure(raised);
}

/** Sets what a node knows of those below it. */
function measure<T>(node: IntervalNode<T>): IntervalNode<T> {
  const { left, right } = node;
  node.height = 1 + Math.max(heightOf(left), heightOf(right));
  node.endMax = node.end;
  if (left !== undefined && compareEnds(left.endMax, node.endMax) > 0) node.endMax = left.endMax;
  if (right !== undefined && compareEnds(right.endMax, node.endMax) > 0) node.endMax = right.endMax;
  return node;
}

function heightOf<T>(node: IntervalNode<T> | undefined): number {
  return node === undefined ? 0 : node.height;
}

function endsBehind(end: Uint8Array, key: Uint8Array): boolean {
  return end.length === 0 || compareKeys(end, key) > 0;
}

function compareEnds(left: Uint8Array, right: Uint8Array): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  return compareKeys(left, right);
}

function compareRanges<T>(start: Uint8Array, end: Uint8Array, node: IntervalNode<T>): number {
  return compareKeys(start, node.start) || compareEnds(end, node.end);
}
