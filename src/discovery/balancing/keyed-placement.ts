/**
 * The set of instances as nodes of a placement. Weights are made relative to a power of two near their mean: what a
 * ring or a table costs then depends on how many instances there are and not on whether their weights are 1 or 1,000,
 * and one more of them shifts nobody else's share of points.
 */
import {
  MaglevBuild,
  type Placement,
  type PlacementNode,
  RendezvousPlacement,
  RingPlacement,
} from '../../placement/index.ts';
import type { Slot } from './slot.ts';

/** Points of all instances together; the ring itself takes four times as many. */
const pointsMax = 1_000_000;
const virtualNodesMost = 256;
const tableSizes = [65_537, 655_373, 6_553_621] as const;
/** Slots of a Maglev table for each instance: shares then stray by 1 %. */
const slotsPerInstance = 100;

export function ringOf(slots: readonly Slot[], former?: RingPlacement): RingPlacement {
  const nodes = nodesOf(slots);
  const total = nodes.reduce((sum, { weight }) => sum + Math.max(1, weight), 0);
  const virtualNodes = Math.max(1, Math.min(virtualNodesMost, Math.floor(pointsMax / total)));
  return new RingPlacement(nodes, former === undefined ? { virtualNodes } : { virtualNodes, former });
}

export function rendezvousOf(slots: readonly Slot[]): Placement {
  return new RendezvousPlacement(nodesOf(slots));
}

export function maglevOf(slots: readonly Slot[]): MaglevBuild {
  const wanted = slots.length * slotsPerInstance;
  const tableSize = tableSizes.find((size) => size >= wanted) ?? tableSizes[2];
  return new MaglevBuild(nodesOf(slots), { tableSize });
}

function nodesOf(slots: readonly Slot[]): readonly (PlacementNode & { readonly weight: number })[] {
  const mean = slots.reduce((sum, { weight }) => sum + weight, 0) / slots.length;
  const scale = 2 ** Math.round(Math.log2(mean));
  return slots.map(({ id, weight }) => ({ id, weight: weight / scale }));
}
