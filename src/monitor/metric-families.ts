/**
 * Every metric of a node, in one table: its name, what it means, and where its value comes from. The page for
 * operators is written from the same rows. Labels are few and small: groups, members, codes, kinds, and never a
 * user's key.
 */
import type { NodeCounters } from '../node/index.ts';
import type { RaftStatus } from '../raft/index.ts';
import { clockFamilies } from './clock-metrics.ts';
import { latencySamples } from './latency-samples.ts';
import type { MonitoredNode, ProcessFigures } from './monitored-node.ts';
import { type MetricFamily, prometheusText, type Sample } from './prometheus-text.ts';

type Family = MetricFamily<MonitoredNode>;

/** The text that `GET /metrics` answers with. */
export function metricsText(node: MonitoredNode): string {
  return prometheusText(metricFamilies, node);
}

const roles: readonly RaftStatus['role'][] = ['follower', 'pre-candidate', 'candidate', 'leader'];

export const metricFamilies: readonly Family[] = [
  perGroup(
    'raft_role',
    'gauge',
    '1 for the role that the node has in the group, 0 for the others.',
    (group) => roles.map((role) => ({ labels: { role }, value: Number(group.role === role) })),
  ),
  oneOfGroup('raft_term', 'gauge', 'The term of the group.', ({ term }) => term),
  oneOfGroup('raft_has_leader', 'gauge', '1 while the node knows who leads the group.', ({ leader }) =>
    Number(leader !== 0),
  ),
  oneOfGroup('raft_last_index', 'gauge', 'The last entry of the log.', ({ last }) => last),
  oneOfGroup('raft_durable_index', 'gauge', 'The last entry that is on the disk.', ({ durable }) => durable),
  oneOfGroup('raft_commit_index', 'gauge', 'The last entry known to be committed.', ({ commit }) => commit),
  oneOfGroup('raft_applied_index', 'gauge', 'The last entry that the state holds.', ({ applied }) => applied),
  oneOfGroup(
    'raft_apply_lag_entries',
    'gauge',
    'Entries that are committed and not applied here.',
    ({ commit, applied }) => commit - applied,
  ),
  perGroup(
    'raft_member_lag_entries',
    'gauge',
    'On the leader: entries that a member does not hold durably yet.',
    ({ last, matches }) =>
      [...matches].map(([member, match]) => ({ labels: { member }, value: last - match })),
  ),
  oneOfGroup(
    'raft_damaged',
    'gauge',
    '1 while the disk has lost something of the group that is not repaired.',
    ({ damage }) => Number(damage !== 'none'),
  ),
  oneOfGroup(
    'raft_refused_messages_total',
    'counter',
    'Messages of members that broke the protocol.',
    ({ refusedMessages }) => refusedMessages,
  ),
  counted('node_elections_won_total', 'How often the node came to lead a group.', (of) => of.electionsWon),
  counted(
    'node_leader_changes_total',
    'How often the node learned of another leader.',
    (of) => of.leaderChanges,
  ),
  {
    name: 'quorate_node_requests_total',
    type: 'counter',
    help: 'Questions of clients, by kind: command (a proposal), read, stale-read and others.',
    samples: ({ metrics }) =>
      [...metrics.counters.requests].map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'quorate_node_failures_total',
    type: 'counter',
    help: 'Questions of clients that were answered with an error, by code.',
    samples: ({ metrics }) =>
      [...metrics.counters.failures].map(([code, value]) => ({ labels: { code }, value })),
  },
  ofNode(
    'node_overloaded_requests_total',
    'counter',
    'Requests of clients that were refused at once, because they would have waited too long.',
    ({ metrics }) => metrics.status.load.refused,
  ),
  ofNode(
    'node_loop_delay_seconds',
    'gauge',
    'How late the event loop runs now: what two ticks in a row came late.',
    ({ metrics }) => metrics.status.load.loopDelayMs / 1000,
  ),
  ofNode(
    'node_behind_seconds',
    'gauge',
    'For how long the group that is worst off has heard no leader, or applied nothing of what it heard.',
    ({ metrics }) => metrics.status.behindMs / 1000,
  ),
  ofNode('node_clients', 'gauge', 'Clients that are connected.', ({ metrics }) => metrics.clients),
  ofNode(
    'node_connections_accepted_total',
    'counter',
    'Connections that came in, of clients and members.',
    ({ metrics }) => metrics.acceptedConnections,
  ),
  ofNode(
    'node_connections_refused_total',
    'counter',
    'Connections that were turned away or cut because of what came on them.',
    ({ metrics }) => metrics.status.refusedConnections,
  ),
  ofNode('node_watches', 'gauge', 'Watches that are open.', ({ metrics }) => metrics.counters.watches),
  counted('node_snapshots_taken_total', 'Snapshots of the own state.', (of) => of.snapshotsTaken),
  counted('node_snapshots_sent_total', 'Snapshots that a member has received.', (of) => of.snapshotsSent),
  counted('node_snapshots_unsent_total', 'Snapshots that did not arrive.', (of) => of.snapshotsUnsent),
  counted('node_snapshots_received_total', 'Snapshots that members sent here.', (of) => of.snapshotsReceived),
  {
    name: 'quorate_storage_flush_seconds',
    type: 'histogram',
    help: 'From when an append was handed to the write-ahead log until it was durable.',
    samples: ({ metrics }) => latencySamples(metrics.counters.flushes),
  },
  ofNode(
    'storage_flushes_total',
    'counter',
    'Flushes of the write-ahead log.',
    ({ metrics }) => metrics.log.flushes,
  ),
  ofNode(
    'storage_written_bytes_total',
    'counter',
    'Bytes appended to the write-ahead log.',
    ({ metrics }) => metrics.log.writtenBytes,
  ),
  ofNode(
    'storage_waiting_bytes',
    'gauge',
    'Bytes that wait to be written to the log.',
    ({ metrics }) => metrics.log.waitingBytes,
  ),
  ofNode(
    'storage_live_bytes',
    'gauge',
    'About what the entries take that the log still needs.',
    ({ metrics }) => metrics.log.liveBytes,
  ),
  ofNode(
    'storage_segments',
    'gauge',
    'Segments of the log from the oldest that is needed to the one being filled.',
    ({ metrics }) => metrics.log.activeSegment - metrics.log.oldestSegment + 1,
  ),
  ofNode('storage_full', 'gauge', '1 while there is no room for another segment.', ({ metrics }) =>
    Number(metrics.log.full),
  ),
  ofStore('mvcc_revision', 'The revision of the store.', ({ revision }) => revision),
  ofStore('mvcc_compacted_revision', 'Nothing below it can be read.', (store) => store.compactedRevision),
  {
    name: 'quorate_mvcc_refusals_total',
    type: 'counter',
    help: 'Commands that were committed and that the store refused, by code, such as fenced; on every member alike.',
    samples: ({ refusals = new Map() }) =>
      [...refusals].map(([code, value]) => ({ labels: { code }, value })),
  },
  ofStore('mvcc_keys', 'Keys that are there now.', ({ keyCount }) => keyCount),
  ofStore('mvcc_leases', 'Leases and sessions that live.', ({ leaseCount }) => leaseCount),
  ofStore('mvcc_used_bytes', 'What keys and history count against the quota.', ({ usedBytes }) => usedBytes),
  ofStore('mvcc_quota_bytes', 'Puts beyond it are refused.', ({ limits }) => limits.quotaBytes),
  ofProcess(
    'node_loop_delay_max_seconds',
    'gauge',
    'The longest that the event loop was blocked since the last scrape.',
    ({ loopDelayMsMax }) => loopDelayMsMax / 1000,
  ),
  ofProcess('node_resident_bytes', 'gauge', 'Memory of the process.', ({ residentBytes }) => residentBytes),
  ofProcess(
    'node_heap_bytes',
    'gauge',
    'Memory of its JavaScript heap in use.',
    ({ heapBytes }) => heapBytes,
  ),
  ofProcess(
    'node_cpu_seconds_total',
    'counter',
    'Processor time, in user and system mode.',
    ({ cpuMs }) => cpuMs / 1000,
  ),
  ofProcess(
    'node_uptime_seconds',
    'gauge',
    'How long the process has run.',
    ({ uptimeMs }) => uptimeMs / 1000,
  ),
  ...clockFamilies.map(
    (family): Family => ({
      ...family,
      samples: ({ metrics: { clocks } }) => (clocks === undefined ? [] : family.samples(clocks)),
    }),
  ),
];

function perGroup(
  name: string,
  type: Family['type'],
  help: string,
  samples: (status: RaftStatus) => readonly Sample[],
): Family {
  return {
    name: `quorate_${name}`,
    type,
    help,
    samples: ({ metrics }) =>
      [...metrics.status.groups].flatMap(([group, status]) =>
        samples(status).map(({ labels, value }) => ({ labels: { group, ...labels }, value })),
      ),
  };
}

function oneOfGroup(
  name: string,
  type: Family['type'],
  help: string,
  value: (status: RaftStatus) => number,
): Family {
  return perGroup(name, type, help, (status) => [{ value: value(status) }]);
}

function ofNode(
  name: string,
  type: Family['type'],
  help: string,
  value: (node: MonitoredNode) => number,
): Family {
  return { name: `quorate_${name}`, type, help, samples: (node) => [{ value: value(node) }] };
}

function counted(name: string, help: string, value: (counters: NodeCounters) => number): Family {
  return ofNode(name, 'counter', help, ({ metrics }) => value(metrics.counters));
}

function ofStore(
  name: string,
  help: string,
  value: (store: NonNullable<MonitoredNode['store']>) => number,
): Family {
  const samples = ({ store }: MonitoredNode): Sample[] =>
    store === undefined ? [] : [{ value: value(store) }];
  return { name: `quorate_${name}`, type: 'gauge', help, samples };
}

function ofProcess(
  name: string,
  type: Family['type'],
  help: string,
  value: (figures: ProcessFigures) => number,
): Family {
  const samples = ({ process: figures }: MonitoredNode): Sample[] =>
    figures === undefined ? [] : [{ value: value(figures) }];
  return { name: `quorate_${name}`, type, help, samples };
}
