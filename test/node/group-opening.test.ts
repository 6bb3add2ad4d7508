import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Loss } from '../../src/node/damage-record.ts';
import { openGroup } from '../../src/node/group-opening.ts';
import { LogRestart } from '../../src/node/log-restart.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import { emptyConfiguration, type Recovery } from '../../src/raft/index.ts';
import type { RecoveredGroup } from '../../src/storage/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { entriesOf } from '../raft/logs.ts';
import { disk, mark, openFiles, snapshotDirectory } from '../storage/snapshot-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

const noBase = mark(0, 0, []);

interface Row {
  readonly name: string;
  readonly recovered: Partial<RecoveredGroup>;
  readonly loss?: Loss;
  /** The snapshot at 10 of term 2 can be read. */
  readonly isReadable: boolean;
  readonly begins: { readonly base: number; readonly last: number; readonly applied: number };
  readonly term: number;
  readonly damage: 'none' | 'entries' | 'vote';
  readonly restarts: boolean;
}

const log = { hardState: { term: 3, vote: 1, commit: 12 }, base: mark(8, 2), snapshot: mark(10, 2) };

const rows: readonly Row[] = [
  {
    name: 'what is whole begins as it was',
    recovered: { ...log, entries: entriesOf([2, 2, 3, 3], 9) },
    isReadable: true,
    begins: { base: 8, last: 12, applied: 10 },
    term: 3,
    damage: 'none',
    restarts: false,
  },
  {
    name: 'entries are lost behind the snapshot: it begins with those before',
    recovered: { ...log, hardState: { term: 3, vote: 1, commit: 11 }, entries: entriesOf([2, 2, 3], 9) },
    loss: 'entries',
    isReadable: true,
    begins: { base: 8, last: 11, applied: 10 },
    term: 3,
    damage: 'entries',
    restarts: false,
  },
  {
    name: 'entries are lost before the snapshot: it begins with the snapshot and an empty log',
    recovered: { ...log, hardState: { term: 3, vote: 1, commit: 9 }, entries: entriesOf([2], 9) },
    loss: 'entries',
    isReadable: true,
    begins: { base: 10, last: 10, applied: 10 },
    term: 3,
    damage: 'entries',
    restarts: true,
  },
  {
    name: 'the hard state is lost too: its term is at least that of the snapshot',
    recovered: { ...log, hardState: { term: 1, vote: 1, commit: 9 }, entries: entriesOf([2], 9) },
    loss: 'vote',
    isReadable: true,
    begins: { base: 10, last: 10, applied: 10 },
    term: 2,
    damage: 'vote',
    restarts: true,
  },
  {
    name: '27 · the snapshot is lost and the log was cut: it begins with nothing',
    recovered: { ...log, entries: entriesOf([2, 2, 3, 3], 9) },
    isReadable: false,
    begins: { base: 0, last: 0, applied: 0 },
    term: 3,
    damage: 'entries',
    restarts: true,
  },
  {
    name: 'the snapshot is lost and the log goes back to the beginning: nothing is lost',
    recovered: { ...log, base: noBase, entries: entriesOf([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]) },
    isReadable: false,
    begins: { base: 0, last: 12, applied: 0 },
    term: 3,
    damage: 'none',
    restarts: false,
  },
  {
    name: 'the snapshot is lost and so is the log that would reach it: it begins with nothing',
    recovered: {
      ...log,
      base: noBase,
      hardState: { term: 3, vote: 1, commit: 2 },
      entries: entriesOf([1, 1]),
    },
    loss: 'entries',
    isReadable: false,
    begins: { base: 0, last: 0, applied: 0 },
    term: 3,
    damage: 'entries',
    restarts: true,
  },
];

for (const row of rows) {
  test(`a group is brought back from its disk: ${row.name}`, async () => {
    const on = disk();
    const snapshots = await openFiles(on);
    const machine = new RegisterMachine();
    machine.apply(10, Uint8Array.of(1));
    await snapshots.write(0, mark(10, 2), machine.snapshot());
    if (!row.isReadable) on.flipBit(`${snapshotDirectory}/0-10-2.snapshot`, 40);
    const told: Recovery[] = [];
    const options = {
      machine: { log: new RecordingLog(), random: { uint32: () => 5 } },
      identity: { cluster: 'c', member: 1, log: new Uint8Array(16) },
      bootstrap: [1, 2, 3],
      addresses: new Map(),
      stateMachine: () => new RegisterMachine(),
      observer: { recovered: (_: number, recovery: Recovery) => told.push(recovery) },
    } as unknown as NodeOptions;
    const recovered = { group: 0, damage: undefined, entries: [], ...row.recovered } as RecoveredGroup;
    const noted: unknown[] = [];
    const opened = await openGroup(
      { options, snapshots, group: 0, recovered, loss: row.loss, onFailure: () => assert.fail() },
      (error) => {
        noted.push(error);
        return Promise.resolve('entries');
      },
    );
    const { base, last, applied, term, damage } = opened.core.status();
    assert.deepEqual({ base, last, applied }, row.begins);
    assert.deepEqual(
      { term, damage, restarts: opened.restart !== undefined },
      {
        term: row.term,
        damage: row.damage,
        restarts: row.restarts,
      },
    );
    assert.equal(opened.machine.applied, applied);
    assert.equal(noted.length > 0, row.damage !== 'none' && !row.isReadable, 'a lost state is noted');
    assert.equal(told[0]?.base?.index ?? 0, base, 'and whoever watches is told');
  });
}

test('what a group whose state is lost still has stays on the disk until something better takes its place', () => {
  const known = { term: 3, vote: 1, commit: 12 };
  const restart = new LogRestart(known, undefined);
  const term = restart.append(0, {
    hardState: { term: 4, vote: 0, commit: 0 },
    entries: [],
    snapshot: undefined,
  });
  assert.deepEqual(term, { group: 0, hardState: { term: 4, vote: 0, commit: 12 } });
  const hardState = { term: 4, vote: 0, commit: 0 };
  const entries = entriesOf([1, 1]);
  const first = restart.append(0, { hardState, entries, snapshot: undefined });
  assert.deepEqual(first, { group: 0, removed: true, installed: undefined, hardState, entries });
  const next = restart.append(0, { hardState, entries, snapshot: undefined });
  assert.deepEqual(next, { group: 0, hardState, entries, installed: undefined });
  const snapshot = { index: 9, term: 2, configuration: { ...emptyConfiguration, voters: [1] } };
  const installed = new LogRestart(known, undefined).append(0, { hardState, entries: [], snapshot });
  assert.deepEqual(installed, { group: 0, removed: true, installed: snapshot, hardState, entries: [] });
});
