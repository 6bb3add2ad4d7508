/** What the log does when the disk refuses: a failed write, a full disk, too much at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyQuorateError } from '../../src/base/index.ts';
import { diskFailed, diskFull, FaultDisk } from './fault-disk.ts';
import { append, directory, entries, ManualClock, openTestLog, shown } from './log-fixture.ts';

const configuration = {
  voters: [1, 2, 3],
  outgoing: [],
  learners: [],
  learnersNext: [],
  level: 1,
  details: [],
};

test('28 · after one failed write nothing is acknowledged any more, although the disk would work again', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const failures: AnyQuorateError[] = [];
  const { wal } = await openTestLog(disk, { onFailure: (error) => failures.push(error) });
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  let broken = 1;
  disk.fail = (operation, path) => {
    if (operation === 'write' && broken-- > 0) throw diskFailed(operation, path);
  };
  const under = append(wal, { group: 1, entries: entries(2, 2, 1) });
  wal.flush();
  const waiting = append(wal, { group: 1, entries: entries(3, 3, 1) });
  await assert.rejects(under, { code: 'log-failed', outcome: 'unknown', retryable: false });
  await assert.rejects(waiting, { code: 'log-failed' });
  await assert.rejects(append(wal, { group: 1, entries: entries(4, 4, 1) }), { code: 'log-failed' });
  assert.equal(failures.length, 1);
  assert.equal(wal.status().failure?.code, 'log-failed');
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(1, 1, 1)));
});

test('28 · a write that fails in the background is told to the host, though nobody was waiting', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const clock = new ManualClock();
  let failed: (error: AnyQuorateError) => void = () => undefined;
  const failure = new Promise<AnyQuorateError>((resolve) => {
    failed = resolve;
  });
  const { wal } = await openTestLog(disk, { clock, sealAfterMs: 100, onFailure: (error) => failed(error) });
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  disk.fail = (operation, path) => {
    if (operation === 'write') throw diskFailed(operation, path);
  };
  for (let round = 0; round < 3; round += 1) {
    await new Promise(setImmediate);
    clock.advance(100);
  }
  assert.equal((await failure).code, 'log-failed');
});

test('a full disk refuses entries while it still takes votes, and goes on when compaction frees a segment', async () => {
  const disk = new FaultDisk({ seed: 1, capacityBytes: 3 * 16 * 1024 + 100 });
  const { wal } = await openTestLog(disk);
  let last = 0;
  const more = async (): Promise<void> => {
    await append(wal, { group: 1, entries: entries(last + 1, last + 4, 1, 200) });
    last += 4;
  };
  const refused = await untilRefused(more);
  assert.equal(refused.code, 'disk-full');
  assert.equal(refused.outcome, 'not-applied');
  assert.equal(wal.status().full, true);
  await assert.rejects(more(), { code: 'disk-full' });
  await append(wal, { group: 1, hardState: { term: 7, vote: 3, commit: last } });
  await append(wal, { group: 1, snapshot: { index: last, term: 1, configuration }, compactTo: last });
  await append(wal, { group: 2, hardState: { term: 1, vote: 1, commit: 0 } });
  while (wal.status().full) await new Promise(setImmediate);
  await more();
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(groups.get(1)?.hardState, { term: 7, vote: 3, commit: last - 4 });
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(last - 3, last, 1, 200)));
});

test('what a full disk refused in the middle of a write never comes back', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  let full = 1;
  const write = disk.write.bind(disk);
  disk.write = async (path, content, bytes, position, durable) => {
    await write(path, content, bytes, position, durable);
    if (full-- > 0) throw diskFull(path);
  };
  const under = append(wal, { group: 1, entries: entries(2, 9, 1) });
  wal.flush();
  const waiting = append(wal, { group: 1, entries: entries(10, 10, 1) });
  await assert.rejects(under, { code: 'disk-full', outcome: 'not-applied', retryable: true });
  await assert.rejects(waiting, { code: 'disk-full', outcome: 'not-applied' });
  const crashed = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(shown(crashed.groups.get(1)?.entries ?? []), shown(entries(1, 1, 1)));
});

test('after a refusal the same append is taken and survives', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  let full = 1;
  disk.fail = (operation, path) => {
    if (operation === 'write' && full-- > 0) throw diskFull(path);
  };
  await assert.rejects(append(wal, { group: 1, entries: entries(2, 9, 1) }), { code: 'disk-full' });
  await append(wal, { group: 1, entries: entries(2, 9, 1) });
  const { groups, report } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(report.damages, []);
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(1, 9, 1)));
});

test('when not even the place of a refused write can be cleared, the log stops instead of guessing', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  disk.fail = (operation, path) => {
    if (operation === 'write') throw diskFull(path);
  };
  await assert.rejects(append(wal, { group: 1, entries: entries(1, 1, 1) }), { code: 'log-failed' });
});

test('more bytes than may wait are refused at the door, and taken when the disk has caught up', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { queueBytesMax: 2000 });
  const first = append(wal, { group: 1, entries: entries(1, 8, 1, 200) });
  await assert.rejects(append(wal, { group: 2, entries: entries(1, 2, 1, 200) }), {
    code: 'queue-full',
    retryable: true,
    outcome: 'not-applied',
  });
  await first;
  await append(wal, { group: 2, entries: entries(1, 2, 1, 200) });
});

test('an append larger than a segment is refused, and the largest that fits is taken', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const data = (bytes: number) => [
    { index: 1, term: 1, kind: 'command' as const, data: new Uint8Array(bytes) },
  ];
  await assert.rejects(append(wal, { group: 1, entries: data(16 * 1024) }), { code: 'too-large' });
  await append(wal, { group: 1, entries: data(16 * 1024 - 512 - 64 - 40 - 12) });
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.equal(groups.get(1)?.entries.length, 1);
});

test('options that make no sense are refused before anything is made', async () => {
  const disk = new FaultDisk({ seed: 1 });
  await assert.rejects(openTestLog(disk, { segmentBytes: 1000 }), { code: 'invalid-option' });
  await assert.rejects(openTestLog(disk, { queueBytesMax: 0 }), { code: 'invalid-option' });
  await assert.rejects(openTestLog(disk, { flushBytesMax: -1 }), { code: 'invalid-option' });
  await assert.rejects(openTestLog(disk, { sealAfterMs: Number.NaN }), { code: 'invalid-option' });
  await assert.rejects(openTestLog(disk, { identity: new Uint8Array(3) }), { code: 'invalid-option' });
  await assert.rejects(disk.list(directory), { code: 'not-found' });
});

async function untilRefused(work: () => Promise<void>): Promise<AnyQuorateError> {
  for (let round = 0; round < 1000; round += 1) {
    try {
      await work();
    } catch (error) {
      return error as AnyQuorateError;
    }
  }
  return assert.fail('the disk never became full');
}
