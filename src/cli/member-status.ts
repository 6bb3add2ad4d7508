/**
 * How the members of a cluster see themselves: all of them, wherever they are, as one that answers tells. Those that
 * were named and do not belong to the cluster are left out; where nobody answers there is nothing else to show.
 */

import { isQuorateError } from '../base/index.ts';
import type { ClusterClient } from '../client/index.ts';
import type { ListedMember } from '../net/index.ts';
import type { Origin } from '../node/index.ts';
import type { Address } from '../ports/index.ts';
import type { Damage } from '../raft/index.ts';
import { addressOf, nameOf } from './member-choice.ts';

export interface MemberStatus {
  /** Absent where nobody told who listens there. */
  readonly name?: string;
  readonly id?: number;
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
  /** It has just refused requests, because it had too much to do. */
  readonly isOverloaded: boolean;
  /** So many since its start. */
  readonly refused: number;
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly members: readonly ListedMember[];
  /** Whence the state came with which the cluster began, on the nodes that brought one. */
  readonly origin?: Origin;
}

/** What is said of the node, and not of its group. */
type NodeState = 'cluster' | 'member' | 'pid' | 'origin' | 'isOverloaded' | 'refused';

interface StatusText {
  readonly cluster: string;
  readonly member: number;
  readonly pid: number;
  readonly origin?: Origin;
  /** A node of an older release refuses nothing for that, and does not say so. */
  readonly load?: { readonly refused: number; readonly isOverloaded: boolean };
  readonly groups: readonly (Omit<GroupState, NodeState | 'voters' | 'learners'> & {
    readonly group: number;
    readonly configuration: { readonly voters: readonly number[]; readonly learners: readonly number[] };
  })[];
}

/** `open` makes a client for these endpoints. */
export async function askMembers(
  open: (endpoints: readonly Address[]) => ClusterClient,
  endpoints: readonly Address[],
): Promise<MemberStatus[]> {
  await using client = open(endpoints);
  const named = await askAll(client, endpoints);
  const view = freshest(named);
  if (view === undefined) return named;
  const asked = new Set(named.map(({ address }) => address));
  const others = view.members.flatMap(({ card }) => (card === undefined ? [] : [card.address]));
  const unasked = others.filter(({ host, port }) => !asked.has(`${host}:${port}`));
  if (unasked.length === 0) return view.members.map((member) => statusOf(member, named));
  await using second = open(unasked);
  const all = [...named, ...(await askAll(second, unasked))];
  return view.members.map((member) => statusOf(member, all));
}

/** Whom to believe about who belongs to the cluster: the leader, or else whoever is furthest. */
function freshest(answers: readonly MemberStatus[]): GroupState | undefined {
  const states = answers.flatMap(({ state }) =>
    state === undefined || state.members.length === 0 ? [] : [state],
  );
  const rank = ({ term, role, last }: GroupState): number[] => [term, role === 'leader' ? 1 : 0, last];
  return states.sort((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    const place = a.findIndex((value, index) => value !== b[index]);
    return place < 0 ? 0 : (b[place] as number) - (a[place] as number);
  })[0];
}

function statusOf(member: ListedMember, answers: readonly MemberStatus[]): MemberStatus {
  const own = answers.find(({ state }) => state?.member === member.id);
  const address = addressOf(member) ?? own?.address ?? 'not known';
  const failed = answers.find((answer) => answer.address === address && answer.state === undefined);
  const problem = own === undefined ? { problem: failed?.problem ?? 'another node listens there' } : {};
  return {
    name: nameOf(member),
    id: member.id,
    address,
    ...(own?.state && { state: own.state }),
    ...problem,
  };
}

export async function askAll(client: ClusterClient, endpoints: readonly Address[]): Promise<MemberStatus[]> {
  return await Promise.all(endpoints.map((endpoint, place) => ask(client, endpoint, place)));
}

async function ask(client: ClusterClient, { host, port }: Address, place: number): Promise<MemberStatus> {
  const address = `${host}:${port}`;
  try {
    const { cluster, member, pid, origin, load, groups } = JSON.parse(
      new TextDecoder().decode(await client.status(place)),
    ) as StatusText;
    const meta = groups.find(({ group }) => group === 0);
    if (meta === undefined) return { address, problem: 'it hosts no meta group' };
    const { role, term, leader, last, commit, applied, damage, configuration } = meta;
    const { voters, learners } = configuration;
    const { members } = meta;
    return {
      address,
      state: {
        cluster,
        member,
        pid,
        role,
        term,
        leader,
        last,
        commit,
        applied,
        damage,
        isOverloaded: load?.isOverloaded ?? false,
        refused: load?.refused ?? 0,
        voters,
        learners,
        members,
        ...(origin === undefined ? {} : { origin }),
      },
    };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { address, problem: error.message };
  }
}
