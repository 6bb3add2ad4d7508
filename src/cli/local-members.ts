/**
 * The nodes of a cluster on one machine: names, directories, addresses, and the birth records that make them
 * one cluster. Who they are is settled before the first of them runs, because each must know the identities of
 * all; a first start that was cut off there is finished by the next one. Once a node has run, its directory is
 * never made anew: under its old identity it would have forgotten what it promised.
 */
import { QuorateError } from '../base/index.ts';
import { type BirthRecord, drawClusterName, drawIdentity, writeBirthRecord } from '../node/index.ts';
import type { Address, Machine } from '../ports/index.ts';
import { UsageError } from './verb.ts';

export interface LocalMember {
  readonly name: string;
  readonly directory: string;
  /** Where its diagnostics go: beside its directory, which is the node's own. */
  readonly log: string;
  readonly address: Address;
  /** Where it tells operators of itself. */
  readonly http?: Address;
  /** Where it gossips. */
  readonly gossip?: Address;
}

export interface LocalCluster {
  readonly nodes: number;
  /** Node i listens on `port` + i. */
  readonly port: number;
  readonly data: string;
  /** Node i tells operators of itself on `http` + i. */
  readonly http?: number;
  /** Node i gossips on `gossip` + i. */
  readonly gossip?: number;
}

const host = '127.0.0.1';

export function localMembers({ nodes, port, data, http, gossip }: LocalCluster): LocalMember[] {
  return Array.from({ length: nodes }, (_, place) => {
    const name = `node${place + 1}`;
    const directory = `${data}/${name}`;
    return {
      name,
      directory,
      log: `${directory}.log`,
      address: { host, port: port + place + 1 },
      ...(http === undefined ? {} : { http: { host, port: http + place + 1 } }),
      ...(gossip === undefined ? {} : { gossip: { host, port: gossip + place + 1 } }),
    };
  });
}

type Records = readonly (BirthRecord | undefined)[];

/** Writes the birth records that are missing, or says why what lies there is not this cluster. */
export async function prepareMembers(
  machine: Machine,
  members: readonly LocalMember[],
  records: Records,
): Promise<void> {
  const known = records.find((record) => record !== undefined);
  if (known !== undefined) checkRecords(members, records, known);
  const cluster = known?.identity.cluster ?? drawClusterName(machine.random);
  const drawn = members.map(() => drawIdentity(machine.random, cluster));
  const bootstrap = known?.bootstrap ?? drawn.map(({ member }) => member);
  const addresses = new Map(
    members.map(({ address }, place) => [bootstrap[place] as number, address] as const),
  );
  for (const [place, { directory }] of members.entries()) {
    if (records[place] !== undefined) continue;
    const identity = { ...(drawn[place] as (typeof drawn)[number]), member: bootstrap[place] as number };
    await writeBirthRecord(machine.disk, directory, { identity, started: false, bootstrap, addresses });
  }
}

function checkRecords(members: readonly LocalMember[], records: Records, known: BirthRecord): void {
  const { bootstrap } = known;
  if (bootstrap.length !== members.length) {
    throw new UsageError(
      `the data directory holds a cluster of ${bootstrap.length} nodes; start it with --nodes ${bootstrap.length}, or choose another directory with --data`,
    );
  }
  const first = known.addresses.get(bootstrap[0] as number);
  if (first !== undefined && first.port !== members[0]?.address.port) {
    throw new UsageError(
      `the cluster in the data directory listens from port ${first.port} on; start it with --port ${first.port - 1}, or choose another directory with --data`,
    );
  }
  const hasRun = records.some((record) => record?.started === true);
  for (const [place, { directory }] of members.entries()) {
    const record = records[place];
    if (record === undefined && hasRun)
      throw damaged(directory, 'its birth record is gone, and its cluster has run');
    if (record !== undefined && !belongs(record, known, place)) {
      throw damaged(directory, 'it is the directory of another node');
    }
  }
}

function belongs({ identity }: BirthRecord, known: BirthRecord, place: number): boolean {
  return identity.cluster === known.identity.cluster && identity.member === known.bootstrap[place];
}

function damaged(directory: string, reason: string): QuorateError<'directory-damaged'> {
  return new QuorateError({
    code: 'directory-damaged',
    message: `the data directory ${directory} cannot be used: ${reason}; restore it, or begin a new cluster with --data`,
    data: { directory, reason },
  });
}
