/**
 * How an empty data directory comes to belong to a cluster that runs. Its identity is drawn and written down, with
 * whom to ask, before anybody hears of it: so a crash at any point is followed by a start that asks again under the
 * same identity, and whatever was added under it is this node and no ghost. The node itself asks, as it starts.
 */
import { invalidOption, isQuorateError, QuorateError } from '../base/index.ts';
import { type Checksum, decodeMemberList, type MemberList } from '../net/index.ts';
import type { Address, Cryptography, Machine } from '../ports/index.ts';
import { askNode } from './ask-node.ts';
import { drawIdentity, readBirthRecord, writeBirthRecord } from './birth-record.ts';
import { type NodeTls, TransportSecurity } from './transport-security.ts';

export interface JoinOptions {
  readonly machine: Machine;
  readonly directory: string;
  /** Nodes of the cluster. One that answers is enough; those that do must agree on which cluster it is. */
  readonly nodes: readonly Address[];
  /** What the node is started with: members, and those who are to be, show it to each other. */
  readonly tls?: NodeTls;
  readonly secrets?: readonly string[];
  readonly cryptography?: Cryptography;
  readonly checksum?: Checksum;
  /** How long a node may take to answer. Default 5 s. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/**
 * Prepares an empty directory for `startFromDirectory`; one that has been prepared before, or has run, stays as it
 * is. Rejects, and leaves the directory empty, when no node answers.
 */
export async function prepareToJoin(options: JoinOptions): Promise<void> {
  const { machine, directory, nodes } = options;
  if (nodes.length === 0) throw invalidOption('join', '[]', 'at least one address of a node in the cluster');
  if ((await readBirthRecord(machine.disk, directory)) !== undefined) return;
  const { cluster, members } = await askAll(options);
  const cards = members.flatMap(({ id, card }) => (card === undefined ? [] : [[id, card.address] as const]));
  await writeBirthRecord(machine.disk, directory, {
    identity: drawIdentity(machine.random, cluster),
    started: false,
    bootstrap: [],
    addresses: new Map(cards),
    joining: nodes,
  });
}

async function askAll(options: JoinOptions): Promise<MemberList> {
  const { nodes } = options;
  const answers = await Promise.allSettled(nodes.map((address) => ask(address, options)));
  const lists = answers.flatMap((answer, place) =>
    answer.status === 'fulfilled' ? [{ list: answer.value, at: textOf(nodes[place] as Address) }] : [],
  );
  const [first] = lists;
  if (first === undefined) throw unreachable(nodes, answers);
  const other = lists.find(({ list }) => list.cluster !== first.list.cluster);
  if (other === undefined) return first.list;
  throw invalidOption(
    'join',
    nodes.map(textOf).join(','),
    `nodes of one cluster; ${first.at} belongs to ${first.list.cluster}, and ${other.at} to ${other.list.cluster}`,
  );
}

async function ask(address: Address, options: JoinOptions): Promise<MemberList> {
  const { machine, checksum, timeoutMs = 5_000, signal } = options;
  const answer = await askNode({
    network: new TransportSecurity(options).secured(machine.network),
    clock: machine.clock,
    checksum,
    address,
    cluster: '',
    asMember: 0,
    kind: 'members',
    body: new Uint8Array(0),
    timeoutMs,
    signal,
  });
  return decodeMemberList(answer);
}

function unreachable(
  nodes: readonly Address[],
  answers: readonly PromiseSettledResult<MemberList>[],
): QuorateError {
  const [reason] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const address = nodes.map(textOf).join(',');
  return new QuorateError({
    code: 'network-failed',
    message: `no node of the cluster answers at ${address}: ${reason instanceof Error ? reason.message : String(reason)}`,
    data: { operation: 'join', address, system: isQuorateError(reason) ? reason.code : '' },
    cause: reason,
    outcome: 'not-applied',
  });
}

function textOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
