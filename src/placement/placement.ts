/**
 * The one shape of all strategies: a placement says for each key which node owns it and which stand by. It is a
 * value that never changes; another set of nodes is another placement, and `planMoves` tells what lies between two.
 * The answer depends on the nodes and the key alone, in every process and every release, because a changed answer
 * means that data moves.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';

export interface PlacementNode {
  /** Unique among the nodes, and what the hashes are made of: a node that keeps its id keeps its keys. */
  readonly id: string;
  /** Its share against that of the others; 1 unless given. */
  readonly weight?: number;
  /** Where it stands: what fails together. Nodes without a zone share one that has no name. */
  readonly zone?: string;
}

export interface Placement {
  /** In the order that the strategy goes by. */
  readonly nodes: readonly PlacementNode[];
  /** The id of the node that the key belongs to. */
  owner(key: Key): string;
  /** The ids of `count` different nodes, the owner first, then those that stand by, in order. */
  owners(key: Key, count: number): string[];
}

/** A node whose fields have been judged. */
export interface CheckedNode extends PlacementNode {
  readonly weight: number;
}

/** Positions of nodes are kept in sixteen bits. */
const nodesMax = 65_536;

/** Checked, in the order given, each node copied. */
function checkedNodes(nodes: readonly PlacementNode[]): readonly CheckedNode[] {
  if (!Array.isArray(nodes) || nodes.length === 0 || nodes.length > nodesMax) {
    throw invalidOption('nodes', nodes, `a list of 1 to ${nodesMax} nodes`);
  }
  const ids = new Set<string>();
  return nodes.map((node: PlacementNode, place) => {
    const at = `nodes[${place}]`;
    if (typeof node !== 'object' || node === null) throw invalidOption(at, node, 'a node with an id');
    const { id, weight = 1, zone } = node;
    if (typeof id !== 'string' || id === '') throw invalidOption(`${at}.id`, id, 'a text that is not empty');
    if (ids.has(id)) throw invalidOption(`${at}.id`, id, 'the id of one node only');
    ids.add(id);
    if (typeof weight !== 'number' || !(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw invalidOption(`${at}.weight`, weight, 'a finite number above 0');
    }
    if (zone !== undefined && typeof zone !== 'string') throw invalidOption(`${at}.zone`, zone, 'a text');
    return zone === undefined ? { id, weight } : { id, weight, zone };
  });
}

/** The same in the order of their ids, for strategies to which the order given makes no difference. */
export function nodesById(nodes: readonly PlacementNode[]): readonly CheckedNode[] {
  return checkedNodes(nodes).toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

/** The nodes of a strategy that numbers them, and can give none more than another. */
export function equalNodes(nodes: readonly PlacementNode[]): readonly CheckedNode[] {
  const checked = checkedNodes(nodes);
  const place = checked.findIndex(({ weight }) => weight !== 1);
  if (place < 0) return checked;
  throw invalidOption(`nodes[${place}].weight`, checked[place]?.weight, '1: this strategy has no weights');
}

export function checkCount(count: number, nodes: readonly unknown[]): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= nodes.length) return;
  throw invalidOption('count', count, `a whole number from 1 to ${nodes.length}, the number of nodes`);
}

/** The id of a node by its place, which is known to be one. */
export function idAt(nodes: readonly PlacementNode[], place: number): string {
  return (nodes[place] as PlacementNode).id;
}
