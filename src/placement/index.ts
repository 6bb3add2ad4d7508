/**
 * Which node a key belongs to, published as `quorate/placement`: seven strategies of one shape, lists of replicas
 * that spread over zones, and plans of what has to move when the nodes change. A pure core: no clock, no chance, no
 * machine; the same nodes and keys have the same answers in every process and every release.
 */

export { type BoundedLoadOptions, BoundedLoadPlacement } from './bounded-load.ts';
export { JumpPlacement, jumpHash } from './jump.ts';
export type { Key } from './key.ts';
export { MaglevBuild, type MaglevOptions, MaglevPlacement } from './maglev.ts';
export { ModuloPlacement } from './modulo.ts';
export {
  type Move,
  type MovePlan,
  type MovePlanMethod,
  type MovePlanOptions,
  planMoves,
} from './move-plan.ts';
export { murmur3 } from './murmur3.ts';
export type { Arc, RangeSize } from './pieces.ts';
export type { CheckedNode, Placement, PlacementNode } from './placement.ts';
export { preferenceList } from './preference-list.ts';
export { type KeyRange, type PlacedRange, RangePlacement } from './range.ts';
export { RendezvousPlacement } from './rendezvous.ts';
export { type RingOptions, RingPlacement } from './ring.ts';
export { xxh32 } from './xxh32.ts';
