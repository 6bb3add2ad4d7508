/** What is compared: the workloads, who else carries them out, and how far ahead we want to be. */
import type { LoaderName, Shape, Workload } from './job.ts';

export type PeerName = 'etcd' | 'zookeeper';

export interface Rival {
  readonly peer: PeerName;
  readonly loader: LoaderName;
  /** The shape in which this server is fastest, where it is not ours. */
  readonly shape?: Shape;
  /** The ratio that we want to reach; absent where there is none to reach. */
  readonly ratioLeast?: number;
  /** Our p99 as a share of theirs. */
  readonly p99ShareMost?: number;
}

export interface Case {
  readonly name: string;
  readonly what: string;
  readonly workload: Workload;
  readonly shape: Shape;
  readonly loader: LoaderName;
  readonly rivals: readonly Rival[];
}

const etcd = (ratioLeast: number, more: Partial<Rival> = {}): Rival => ({
  peer: 'etcd',
  loader: 'etcd',
  ratioLeast,
  ...more,
});

const zookeeper = (more: Partial<Rival> = {}): Rival => ({
  peer: 'zookeeper',
  loader: 'zookeeper',
  ...more,
});

export const cases: readonly Case[] = [
  {
    name: 'put-64x1',
    what: 'puts, 64 connections with one open on each',
    workload: 'put',
    shape: { connections: 64, depth: 1 },
    loader: 'quorate',
    rivals: [etcd(4, { p99ShareMost: 1 / 3 }), zookeeper({ ratioLeast: 3 })],
  },
  {
    name: 'session-put-64x1',
    what: 'the same under sessions, each carried out exactly once',
    workload: 'session-put',
    shape: { connections: 64, depth: 1 },
    loader: 'quorate',
    rivals: [etcd(4, { p99ShareMost: 1 / 3 })],
  },
  {
    name: 'put-16x4',
    what: 'puts, 16 connections with four open on each',
    workload: 'put',
    shape: { connections: 16, depth: 4 },
    loader: 'quorate',
    rivals: [etcd(6), zookeeper()],
  },
  {
    name: 'put-1x256',
    what: 'puts, one connection with 256 open',
    workload: 'put',
    shape: { connections: 1, depth: 256 },
    loader: 'quorate',
    rivals: [etcd(10), zookeeper()],
  },
  {
    name: 'put-1x1',
    what: 'puts, one client that waits for each',
    workload: 'put',
    shape: { connections: 1, depth: 1 },
    loader: 'quorate',
    rivals: [etcd(1.8), zookeeper()],
  },
  {
    name: 'read-16x4',
    what: 'linearizable reads, 16 connections with four open on each',
    workload: 'read',
    shape: { connections: 16, depth: 4 },
    loader: 'quorate',
    rivals: [etcd(5)],
  },
  {
    name: 'stale-read-16x4',
    what: 'reads of what one node has, 16 connections over all nodes with four open on each',
    workload: 'stale-read',
    shape: { connections: 16, depth: 4 },
    loader: 'quorate',
    rivals: [etcd(8), zookeeper()],
  },
  {
    name: 'transaction-16x4',
    what: 'transactions of a compare and two puts, 16 connections with four open on each',
    workload: 'transaction',
    shape: { connections: 16, depth: 4 },
    loader: 'quorate',
    rivals: [etcd(3)],
  },
  {
    name: 'client-put-64',
    what: 'puts from a Node program, 64 at once: our client, and the package etcd3',
    workload: 'put',
    shape: { connections: 1, depth: 64 },
    loader: 'quorate-client',
    rivals: [{ peer: 'etcd', loader: 'etcd3', ratioLeast: 8 }],
  },
];
