/**
 * The simplest placement: the hash of a key modulo the number of nodes. It balances best and costs least, but one
 * node more or less moves nearly all keys, so it is for sets of nodes that never change. The order of the nodes is
 * part of it.
 */
import type { Key } from './key.ts';
import { hashOf } from './murmur3.ts';
import {
  type CheckedNode,
  checkCount,
  equalNodes,
  idAt,
  type Placement,
  type PlacementNode,
} from './placement.ts';

export class ModuloPlacement implements Placement {
  readonly nodes: readonly CheckedNode[];

  constructor(nodes: readonly PlacementNode[]) {
    this.nodes = equalNodes(nodes);
  }

  owner(key: Key): string {
    return idAt(this.nodes, (hashOf(key) >>> 0) % this.nodes.length);
  }

  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const owner = (hashOf(key) >>> 0) % this.nodes.length;
    return Array.from({ length: count }, (_, step) => idAt(this.nodes, (owner + step) % this.nodes.length));
  }
}
