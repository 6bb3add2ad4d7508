/**
 * What happens in a node, for whoever in its process wants to hear: `diagnostics_channel` under `quorate:*`. With
 * nobody listening an event costs one look.
 */
import { channel } from 'node:diagnostics_channel';
import type { GroupId, RaftEvent } from '../raft/index.ts';
import type { SkewVerdict } from '../time/index.ts';
import type { NodeIdentity } from './options.ts';

const raftEvents = channel('quorate:raft:event');
const nodeFailures = channel('quorate:node:failed');
const clockVerdicts = channel('quorate:node:clock');

/** How far the clock of a node is off, give or take the error. */
export interface ClockSkew {
  readonly skew: SkewVerdict;
  readonly offsetMs: number;
  readonly errorMs: number;
}

/** Publishes `{ cluster, member, group, event }`. */
export function publishRaftEvent({ cluster, member }: NodeIdentity, group: GroupId, event: RaftEvent): void {
  if (raftEvents.hasSubscribers) raftEvents.publish({ cluster, member, group, event });
}

/** Publishes `{ cluster, member, error }`. */
export function publishNodeFailure({ cluster, member }: NodeIdentity, error: unknown): void {
  if (nodeFailures.hasSubscribers) nodeFailures.publish({ cluster, member, error });
}

/** Publishes `{ cluster, member, skew, offsetMs, errorMs }`. */
export function publishClockVerdict({ cluster, member }: NodeIdentity, skew: ClockSkew): void {
  if (clockVerdicts.hasSubscribers) clockVerdicts.publish({ cluster, member, ...skew });
}
