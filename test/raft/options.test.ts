import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RaftGroup, type RaftOptions } from '../../src/raft/index.ts';
import { leaseMs, raftSettings } from '../../src/raft/options.ts';

const least: RaftOptions = { group: 1, member: 2, seed: 3 };

test('what is not said is filled in, and depends on what is said', () => {
  const { electionTicksMin, electionTicksMax, heartbeatTicks, diskStallTicksMax, priority } =
    raftSettings(least);
  assert.deepEqual(
    [electionTicksMin, electionTicksMax, heartbeatTicks, diskStallTicksMax, priority],
    [15, 30, 5, 60, 10],
  );
  const slower = raftSettings({ ...least, electionTicksMin: 100 });
  assert.deepEqual(
    [slower.electionTicksMax, slower.heartbeatTicks, slower.diskStallTicksMax],
    [200, 33, 400],
  );
  const quick = raftSettings({ ...least, electionTicksMin: 2 });
  assert.deepEqual([quick.electionTicksMax, quick.heartbeatTicks], [4, 1]);
});

test('what is said is taken', () => {
  const said = {
    ...least,
    tickMs: 20,
    electionTicksMin: 12,
    electionTicksMax: 13,
    heartbeatTicks: 6,
    priority: 0,
    leaseReads: true,
    lazyCommit: true,
    clockDriftMax: 0,
    appendBytesMax: 1,
    inflightMessagesMax: 1,
    inflightBytesMax: 1,
    uncommittedBytesMax: 1,
    commandBytesMax: 1,
    applyBytesMax: 1,
    readsMax: 1,
    tailBytesMax: 0,
    promotionLagMax: 0,
    diskStallTicksMax: 1,
    quiesceTicks: 9,
    levelMin: 2,
    levelMax: 3,
  };
  assert.deepEqual(raftSettings(said), said);
});

const refused: readonly (readonly [string, Partial<Record<keyof RaftOptions, unknown>>])[] = [
  ['group', { group: -1 }],
  ['group', { group: 2 ** 32 }],
  ['member', { member: 0 }],
  ['member', { member: 2 ** 53 }],
  ['member', { member: '7' }],
  ['seed', { seed: 0.5 }],
  ['seed', { seed: undefined }],
  ['tickMs', { tickMs: 0 }],
  ['electionTicksMin', { electionTicksMin: 1 }],
  ['electionTicksMax', { electionTicksMax: 15 }],
  ['electionTicksMax', { electionTicksMin: 30, electionTicksMax: 20 }],
  ['levelMin', { levelMin: 0 }],
  ['levelMax', { levelMin: 3, levelMax: 2 }],
  ['heartbeatTicks', { heartbeatTicks: 0 }],
  ['heartbeatTicks', { heartbeatTicks: 8 }],
  ['priority', { priority: 11 }],
  ['priority', { priority: -1 }],
  ['clockDriftMax', { clockDriftMax: 0.5 }],
  ['clockDriftMax', { clockDriftMax: -0.1 }],
  ['clockDriftMax', { clockDriftMax: Number.NaN }],
  ['appendBytesMax', { appendBytesMax: 0 }],
  ['inflightMessagesMax', { inflightMessagesMax: 0 }],
  ['inflightBytesMax', { inflightBytesMax: Number.POSITIVE_INFINITY }],
  ['uncommittedBytesMax', { uncommittedBytesMax: 0 }],
  ['commandBytesMax', { commandBytesMax: 2 ** 31 }],
  ['applyBytesMax', { applyBytesMax: 0 }],
  ['readsMax', { readsMax: 0 }],
  ['tailBytesMax', { tailBytesMax: -1 }],
  ['promotionLagMax', { promotionLagMax: 1.5 }],
  ['diskStallTicksMax', { diskStallTicksMax: 0 }],
  ['quiesceTicks', { quiesceTicks: -5 }],
];

for (const [option, changed] of refused) {
  test(`an option that cannot work is refused and named: ${JSON.stringify(changed)}`, () => {
    const options = { ...least, ...changed } as RaftOptions;
    const isNamed = (error: unknown): boolean => {
      const { code, data } = error as { code: string; data: { option: string } };
      return code === 'invalid-option' && data.option === option;
    };
    assert.throws(() => raftSettings(options), isNamed);
    assert.throws(() => new RaftGroup(options), isNamed);
  });
}

test('a lease ends before the soonest vote, for every drift within the bound', () => {
  for (const clockDriftMax of [0, 0.01, 0.05, 0.2, 0.49]) {
    for (const [electionTicksMin, tickMs] of [
      [2, 1],
      [15, 10],
      [40, 100],
    ] as const) {
      const settings = raftSettings({ ...least, electionTicksMin, tickMs, clockDriftMax, heartbeatTicks: 1 });
      // The follower's clock runs fast and its first tick comes at once; the leader's clock runs slow.
      const soonestVoteMs = ((electionTicksMin - 1) * tickMs) / (1 + clockDriftMax);
      const leaseEndsMs = leaseMs(settings) / (1 - clockDriftMax);
      assert(leaseEndsMs <= soonestVoteMs + 1e-9);
      assert(leaseEndsMs > soonestVoteMs * 0.99, 'and not much sooner');
    }
  }
});
