/** The text that Prometheus reads, and the page that says what is in it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ByteWriter, errorCatalogue } from '../../src/base/index.ts';
import {
  lifecycleFamilies,
  lifecycleMetricsText,
  type MonitoredNode,
  metricFamilies,
  metricsText,
} from '../../src/monitor/index.ts';
import { encodeCommand } from '../../src/mvcc/index.ts';
import { NodeCounters, StoreMachine } from '../../src/node/index.ts';
import { emptyConfiguration, RaftGroup } from '../../src/raft/index.ts';
import { metricsPages, withMetricsTable } from '../../tools/metrics-table.ts';

function monitored(counters: NodeCounters): MonitoredNode {
  const fresh = new RaftGroup(
    { group: 0, member: 1, seed: 1 },
    { configuration: { ...emptyConfiguration, voters: [1, 2] } },
  ).status();
  const leads = {
    ...fresh,
    role: 'leader',
    term: 3,
    leader: 1,
    last: 20,
    commit: 18,
    applied: 15,
    matches: new Map([[2, 12]]),
  } as const;
  return {
    metrics: {
      status: {
        cluster: 'c',
        member: 1,
        levels: { least: 1, most: 1 },
        refusedConnections: 4,
        load: { refused: 6, isOverloaded: true, loopDelayMs: 250 },
        groups: new Map([[0, leads]]),
        behindMs: 1_500,
      },
      log: {
        oldestSegment: 3,
        activeSegment: 5,
        waitingBytes: 0,
        liveBytes: 100,
        flushes: 7,
        writtenBytes: 4_096,
        full: false,
        failure: undefined,
      },
      counters,
      acceptedConnections: 9,
      clients: 2,
    },
  };
}

/** Each sample by its name and labels. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue;
    const [, name, value] = /^([a-z_]+(?:\{(?:[a-z]+="[^"]*",?)+\})?) (\S+)$/.exec(line) ?? [];
    assert(name !== undefined, `no sample: ${line}`);
    assert(!samples.has(name), `told twice: ${name}`);
    samples.set(name, Number(value));
  }
  return samples;
}

test('figures of a node come out under their names, each once', () => {
  const counters = new NodeCounters();
  counters.asked('command');
  counters.asked('command');
  counters.failed('not-leader');
  counters.noticed({ kind: 'role-changed', role: 'leader', term: 3, reason: 'won' });
  counters.noticed({ kind: 'leader-changed', leader: 1, term: 3 });
  for (const ms of [0.05, 0.1, 9_000]) counters.flushes.record(ms);
  const samples = samplesOf(metricsText(monitored(counters)));
  const rows: readonly (readonly [name: string, value: number])[] = [
    ['quorate_raft_role{group="0",role="leader"}', 1],
    ['quorate_raft_role{group="0",role="follower"}', 0],
    ['quorate_raft_apply_lag_entries{group="0"}', 3],
    ['quorate_raft_member_lag_entries{group="0",member="2"}', 8],
    ['quorate_node_requests_total{kind="command"}', 2],
    ['quorate_node_failures_total{code="not-leader"}', 1],
    ['quorate_node_elections_won_total', 1],
    ['quorate_node_leader_changes_total', 1],
    ['quorate_node_behind_seconds', 1.5],
    ['quorate_node_connections_refused_total', 4],
    ['quorate_storage_segments', 3],
    ['quorate_storage_flush_seconds_bucket{le="0.000064"}', 1],
    ['quorate_storage_flush_seconds_bucket{le="0.000128"}', 2],
    ['quorate_storage_flush_seconds_bucket{le="8.388608"}', 2],
    ['quorate_storage_flush_seconds_bucket{le="+Inf"}', 3],
    ['quorate_storage_flush_seconds_count', 3],
  ];
  for (const [name, value] of rows) assert.equal(samples.get(name), value, name);
  assert(!samples.has('quorate_mvcc_keys'), 'what nobody knows is not told');
});

test('of the states of a life exactly one is told as the present one', () => {
  const samples = samplesOf(lifecycleMetricsText({ kind: 'degraded', why: 'a cut', isRecovering: false }));
  assert.equal(samples.size, 7);
  assert.deepEqual(
    [...samples].filter(([, value]) => value !== 0),
    [['quorate_node_state{state="degraded"}', 1]],
  );
});

test('what the store refuses is counted by its code', () => {
  const machine = new StoreMachine();
  const writer = new ByteWriter(2_048);
  const key = new Uint8Array(1_025).fill(0x61);
  const body = { kind: 'put', key, value: key, lease: 0, keepLease: false, wantPrevious: false } as const;
  encodeCommand(writer, { session: undefined, fences: [], body });
  machine.apply(1, writer.copy());
  const node = { ...monitored(new NodeCounters()), store: machine.status, refusals: machine.refusals };
  const samples = samplesOf(metricsText(node));
  assert.equal(samples.get('quorate_mvcc_refusals_total{code="key-too-large"}'), 1);
  assert.equal(samples.get('quorate_mvcc_keys'), 0);
});

test('names follow the rule: quorate, a room, and a base unit where there is one', () => {
  const families = [...lifecycleFamilies, ...metricFamilies];
  const names = families.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, type, help } of families) {
    assert.match(name, /^quorate_(clock|raft|node|storage|mvcc)_[a-z_]+$/);
    assert.doesNotMatch(name, /_(ms|us|kb|kib|mb|mib|milliseconds|minutes)(_|$)/);
    assert.equal(
      name.endsWith('_total'),
      type === 'counter',
      `only counters end in _total, and all do: ${name}`,
    );
    assert.match(help, /\.$/);
  }
});

test('no code needs an escape as a label', () => {
  for (const code of Object.keys(errorCatalogue)) assert.match(code, /^[a-z-]+$/);
});

test('the table of the page for operators is the table of the program', () => {
  for (const { path, families } of metricsPages) {
    const page = readFileSync(path, 'utf8');
    assert.equal(page, withMetricsTable(page, families), 'run: node tools/metrics-table.ts --write');
  }
});
