/** Nodes and keys that the scenarios of placement share. */
import {
  BoundedLoadPlacement,
  JumpPlacement,
  MaglevPlacement,
  ModuloPlacement,
  type Placement,
  type PlacementNode,
  RangePlacement,
  RendezvousPlacement,
  RingPlacement,
} from '../../src/placement/index.ts';

export function group(size: number): PlacementNode[] {
  return Array.from({ length: size }, (_, number) => ({ id: `node-${number}` }));
}

export function without(nodes: readonly PlacementNode[], id: string): PlacementNode[] {
  return nodes.filter((node) => node.id !== id);
}

export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `user/${number}/profile`);
}

/** How many of the keys each node owns. */
export function loadsOf(placement: Placement, keys: readonly string[]): Map<string, number> {
  const loads = new Map(placement.nodes.map(({ id }) => [id, 0]));
  for (const key of keys) {
    const owner = placement.owner(key);
    loads.set(owner, (loads.get(owner) ?? 0) + 1);
  }
  return loads;
}

/** All strategies over the same nodes. */
export const strategies: Readonly<Record<string, (nodes: readonly PlacementNode[]) => Placement>> = {
  modulo: (nodes) => new ModuloPlacement(nodes),
  range: (nodes) =>
    new RangePlacement(
      nodes,
      nodes.map(({ id }, place) => ({ from: place === 0 ? '' : `user/${place}`, owner: id })),
    ),
  ring: (nodes) => new RingPlacement(nodes),
  jump: (nodes) => new JumpPlacement(nodes),
  rendezvous: (nodes) => new RendezvousPlacement(nodes),
  maglev: (nodes) => new MaglevPlacement(nodes),
  'bounded load': (nodes) => new BoundedLoadPlacement(nodes),
};
