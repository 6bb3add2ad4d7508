/**
 * Time among nodes that have no clock in common: what happened before what (Lamport's clock, version vectors, dotted
 * version vectors), timestamps near the time of day (hybrid logical clocks), how far the clocks of nodes are apart,
 * and whether this node has stood still. All of it is synchronous, and told the time as an argument.
 */
export { type Agreement, agreementOf, type SourceInterval } from './agreement.ts';
export { type ClockExchange, type ClockSample, clockSample, type ExchangeFault } from './clock-exchange.ts';
export {
  ClockOffsets,
  type ClockOffsetsOptions,
  type ObserveFault,
  type OffsetEstimate,
  type PeerOffset,
  type SkewVerdict,
} from './clock-offsets.ts';
export { type ClockVerdict, ClockWatcher, type ClockWatcherOptions } from './clock-watcher.ts';
export { decodeDottedVersions, encodeDottedVersions } from './dotted-format.ts';
export { type ActorEvents, DottedVersions } from './dotted-versions.ts';
export { HybridClock, type HybridClockOptions } from './hybrid-clock.ts';
export {
  compareHybrid,
  decodeHybrid,
  encodeHybrid,
  type HybridTimestamp,
  packHybrid,
  unpackHybrid,
} from './hybrid-timestamp.ts';
export {
  compareLamport,
  LamportClock,
  type LamportClockOptions,
  type LamportTimestamp,
} from './lamport-clock.ts';
export { type EventRange, PrunedVector } from './pruned-vector.ts';
export {
  decodePrunedVector,
  decodeVersionVector,
  encodePrunedVector,
  encodeVersionVector,
} from './vector-format.ts';
export { type CausalOrder, VersionVector } from './version-vector.ts';
