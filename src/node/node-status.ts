/** How a node sees itself, and what it tells whoever asks over the network. */
import type { GroupId, MemberId, RaftStatus } from '../raft/index.ts';

export interface NodeStatus {
  readonly cluster: string;
  readonly member: MemberId;
  readonly groups: ReadonlyMap<GroupId, RaftStatus>;
}

export function encodeStatus({ cluster, member, groups }: NodeStatus, processId: number): Uint8Array {
  const described = [...groups].map(([group, { matches, ...status }]) => ({
    group,
    ...status,
    matches: [...matches],
  }));
  return new TextEncoder().encode(JSON.stringify({ cluster, member, pid: processId, groups: described }));
}
