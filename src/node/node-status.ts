/** How a node sees itself, and what it tells whoever asks over the network. */
import type { GroupId, LevelRange, MemberId, RaftStatus } from '../raft/index.ts';
import type { LogStatus } from '../storage/index.ts';
import type { LoadFigures } from './load-guard.ts';
import { listMembers } from './member-cards.ts';
import type { NodeCounters } from './node-counters.ts';
import type { Origin } from './origin.ts';

export interface NodeStatus {
  readonly cluster: string;
  readonly member: MemberId;
  /** The levels that this node's release supports. */
  readonly levels: LevelRange;
  readonly groups: ReadonlyMap<GroupId, RaftStatus>;
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
}

export function encodeStatus(status: NodeStatus, processId: number): Uint8Array {
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
      refusedConnections,
      load,
      origin,
      groups: described,
    }),
  );
}
