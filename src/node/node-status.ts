/** How a node sees itself, and what it tells whoever asks over the network. */
import type { GroupId, LevelRange, MemberId, RaftStatus } from '../raft/index.ts';
import type { LogStatus } from '../storage/index.ts';
import type { OffsetEstimate } from '../time/index.ts';
import type { LoadFigures } from './load-guard.ts';
import { listMembers } from './member-cards.ts';
import type { NodeCounters } from './node-counters.ts';
import type { NodeOptions } from './options.ts';
import type { Origin } from './origin.ts';

export interface NodeStatus {
  readonly cluster: string;
  readonly member: MemberId;
  /** The levels that this node's release supports. */
  readonly levels: LevelRange;
  readonly groups: ReadonlyMap<GroupId, RaftStatus>;
  /** For how long the group that is worst off has heard no leader, or applied nothing of what it heard. */
  readonly behindMs: number;
  /** Whence the state came with which the cluster began, where it began with one and with this node. */
  readonly origin?: Origin;
  /** Connections that were turned away or cut since the start, because of what came on them. */
  readonly refusedConnections: number;
  readonly load: LoadFigures;
}

/** What is worth measuring of a node, as of the call; the counters go on counting. */
export interface NodeMetrics {
  readonly status: NodeStatus;
  readonly log: LogStatus;
  readonly counters: NodeCounters;
  readonly acceptedConnections: number;
  /** Clients that are connected now. */
  readonly clients: number;
  /** How far the clock here is from those of the others; absent where they are not asked. */
  readonly clocks?: OffsetEstimate;
}

export function encodeStatus(status: NodeStatus, { machine, processId = 0 }: NodeOptions): Uint8Array {
  const { cluster, member, levels, origin, groups, refusedConnections, load } = status;
  const described = [...groups].map(([group, { matches, answering, configuration, ...state }]) => {
    const { details: _, ...parts } = configuration;
    return {
      group,
      ...state,
      configuration: parts,
      members: listMembers(configuration),
      matches: [...matches],
      answering: [...answering],
    };
  });
  return new TextEncoder().encode(
    JSON.stringify({
      cluster,
      member,
      levels,
      pid: processId,
      // As it is sent, so that who asked can tell how far two clocks are apart.
      timeMs: machine.clock.wall(),
      refusedConnections,
      load,
      origin,
      groups: described,
    }),
  );
}

/** The time of day by whoever sent this status; `undefined` where its release does not say. */
export function readStatusTime(status: Uint8Array): number | undefined {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(status));
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null || !('timeMs' in document)) return undefined;
  return typeof document.timeMs === 'number' ? document.timeMs : undefined;
}
