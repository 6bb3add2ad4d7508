/** How a node sees itself, and what it tells whoever asks over the network. */
import type { GroupId, MemberId, RaftStatus } from '../raft/index.ts';

export interface NodeStatus {
  readonly cluster: string;
  readonly member: MemberId;
  readonly groups: ReadonlyMap<GroupId, RaftStatus>;
  /** Connections that were turned away or cut since the start, because of what came on them. */
  readonly refusedConnections: number;
}

export function encodeStatus(status: NodeStatus, processId: number): Uint8Array {
  const { cluster, member, groups, refusedConnections } = status;
  const described = [...groups].map(([group, { matches, ...state }]) => ({
    group,
    ...state,
    matches: [...matches],
  }));
  return new TextEncoder().encode(
    JSON.stringify({ cluster, member, pid: processId, refusedConnections, groups: described }),
  );
}
