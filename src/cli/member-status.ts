/** Asks every endpoint how it sees itself, at the same time. */

import { isQuorateError } from '../base/index.ts';
import type { ClusterClient } from '../client/index.ts';
import type { Address } from '../ports/index.ts';
import type { Damage } from '../raft/index.ts';

export interface MemberStatus {
  readonly address: string;
  /** Absent: it did not answer, for the reason in `problem`. */
  readonly state?: GroupState;
  readonly problem?: string;
}

/** What a node says of its meta group. */
export interface GroupState {
  readonly cluster: string;
  readonly member: number;
  readonly pid: number;
  readonly role: string;
  readonly term: number;
  readonly leader: number;
  readonly last: number;
  readonly commit: number;
  readonly applied: number;
  /** What its disk has lost and its peers have not given back. */
  readonly damage: Damage;
  readonly voters: readonly number[];
  readonly learners: readonly number[];
}

interface StatusText {
  readonly cluster: string;
  readonly member: number;
  readonly pid: number;
  readonly groups: readonly (Omit<GroupState, 'cluster' | 'member' | 'pid' | 'voters' | 'learners'> & {
    readonly group: number;
    readonly configuration: { readonly voters: readonly number[]; readonly learners: readonly number[] };
  })[];
}

export async function askAll(client: ClusterClient, endpoints: readonly Address[]): Promise<MemberStatus[]> {
  return await Promise.all(endpoints.map((endpoint, place) => ask(client, endpoint, place)));
}

async function ask(client: ClusterClient, { host, port }: Address, place: number): Promise<MemberStatus> {
  const address = `${host}:${port}`;
  try {
    const { cluster, member, pid, groups } = JSON.parse(
      new TextDecoder().decode(await client.status(place)),
    ) as StatusText;
    const meta = groups.find(({ group }) => group === 0);
    if (meta === undefined) return { address, problem: 'it hosts no meta group' };
    const { role, term, leader, last, commit, applied, damage, configuration } = meta;
    const { voters, learners } = configuration;
    return {
      address,
      state: { cluster, member, pid, role, term, leader, last, commit, applied, damage, voters, learners },
    };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { address, problem: error.message };
  }
}
