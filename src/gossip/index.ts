/**
 * Who is there, by gossip: SWIM (Das, Gupta and Motivala, 2002) with the refinements of Lifeguard (Dadgar, Phillips
 * and Currey, 2017), as a pure state machine. It has no clock, no network and no chance of its own, so the same
 * object runs in a process, in a simulator and under a fuzzer.
 *
 * To drive it, a shell makes a `Swim` and keeps to five rules. Each call returns an `Output`: send its `sends` in
 * order and without waiting (a datagram each; over a connection, one message each, where `reliable`), hand its
 * `events` on, and set one timer for its `nextTickMs`, which replaces the one before. When the timer fires, call
 * `tick`; when a packet comes, call `receive` with where it came from; both with the two clocks at that moment. When
 * the event loop stood still, call `stalled` with by how much before the next `tick`, and read what lies in the
 * socket if that can be had. `join` once with the seeds. To go, `leave`, then go on as before until `status.phase` is
 * `left`. Feed `answer.clock` to `ClockOffsets` and `heard` to a detector of one’s own, count `refused` nowhere: it is
 * counted in `status.refusals`. Keep `self.incarnation` if there is a disk, and begin above it next time.
 */
export { type DetectionBound, detectionBound } from './detection-bound.ts';
export type { Member, MemberStatus } from './member.ts';
export { decodeMetadata, encodeMetadata, type MemberMetadata } from './metadata.ts';
export type { PacketCounts } from './outbox.ts';
export type { Answer, ClockReading, MemberEvent, Moment, Output, Send, Stranger } from './output.ts';
export type { Phase } from './own-life.ts';
export { clusterNumber, decodePacket, type Packet, type PacketBody, type PacketKind } from './packet.ts';
export { type Refusal, type RefusalCounts, refusals } from './refusals.ts';
export { type SwimOptions, type SwimSettings, swimSettings } from './settings.ts';
export { type Received, Swim, type SwimInit, type SwimStatus } from './swim.ts';
