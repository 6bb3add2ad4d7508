/** The log as a host sees it on a disk that behaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultDisk } from './fault-disk.ts';
import { append, directory, entries, ManualClock, openTestLog, shown } from './log-fixture.ts';

/** As many turns of the loop as it takes, within reason. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    assert.ok(turn < 10_000, 'it never came to be');
    await new Promise(setImmediate);
  }
}

const configuration = {
  voters: [1, 2, 3],
  outgoing: [],
  learners: [],
  learnersNext: [],
  level: 1,
  details: [],
};

test('what two groups append is there after a restart', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal, report } = await openTestLog(disk);
  assert.equal(report.created, true);
  await append(
    wal,
    { group: 1, hardState: { term: 1, vote: 2, commit: 0 }, entries: entries(1, 3, 1) },
    { group: 2, entries: entries(1, 1, 1) },
  );
  await append(wal, { group: 1, hardState: { term: 1, vote: 2, commit: 3 }, entries: entries(4, 5, 1) });
  await wal.close();

  const reopened = await openTestLog(disk.reboot({ seed: 2 }));
  const first = reopened.groups.get(1);
  assert.deepEqual(first?.hardState, { term: 1, vote: 2, commit: 3 });
  assert.deepEqual(shown(first?.entries ?? []), shown(entries(1, 5, 1)));
  assert.deepEqual(shown(reopened.groups.get(2)?.entries ?? []), shown(entries(1, 1, 1)));
  assert.equal(reopened.report.tornTail, undefined);
  assert.deepEqual(reopened.report.damages, []);
  await reopened.wal.close();
});

test('34 · entries of a new leader replace the old ones from their first index on', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 9, 1) });
  await append(wal, { group: 1, entries: entries(4, 5, 2) });
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown([...entries(1, 3, 1), ...entries(4, 5, 2)]));
});

test('a compacted log begins behind its base, with the term and the configuration in force there', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const { encodeConfiguration } = await import('../../src/raft/index.ts');
  const change = {
    index: 3,
    term: 2,
    kind: 'configuration',
    data: encodeConfiguration(configuration),
  } as const;
  await append(wal, { group: 1, entries: [...entries(1, 2, 1), change, ...entries(4, 8, 2)] });
  await append(wal, { group: 1, snapshot: { index: 6, term: 2, configuration }, compactTo: 4 });
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  const group = groups.get(1);
  assert.deepEqual(group?.base, { index: 4, term: 2, configuration });
  assert.deepEqual(group?.snapshot, { index: 6, term: 2, configuration });
  assert.deepEqual(shown(group?.entries ?? []), shown(entries(5, 8, 2)));
});

test('27 · of several snapshots the log names the newest after a restart, since only it fits what was cut', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 9, 1) });
  for (const index of [3, 6, 8]) {
    await append(wal, { group: 1, snapshot: { index, term: 1, configuration }, compactTo: index - 1 });
  }
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(groups.get(1)?.snapshot, { index: 8, term: 1, configuration });
});

test('22 · an installed snapshot replaces the whole log of its group and of no other', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 9, 1) }, { group: 2, entries: entries(1, 9, 1) });
  const mark = { index: 7, term: 3, configuration };
  await append(wal, {
    group: 1,
    installed: mark,
    hardState: { term: 3, vote: 0, commit: 7 },
    entries: entries(8, 9, 3),
  });
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(groups.get(1)?.base, mark);
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(8, 9, 3)));
  assert.deepEqual(shown(groups.get(2)?.entries ?? []), shown(entries(1, 9, 1)));
});

test('a removed group is gone, and may begin again', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 9, 5) }, { group: 2, entries: entries(1, 2, 1) });
  await append(wal, { group: 1, removed: true }, { group: 2, removed: true });
  await append(wal, { group: 2, entries: entries(1, 1, 1) });
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.equal(groups.get(1), undefined);
  assert.deepEqual(shown(groups.get(2)?.entries ?? []), shown(entries(1, 1, 1)));
});

test('appends that come while a flush is under way share the next one, and hear in order', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const before = wal.status().flushes;
  const heard: number[] = [];
  const all: Promise<void>[] = [];
  for (let number = 1; number <= 50; number += 1) {
    all.push(append(wal, { group: number, entries: entries(1, 2, 1) }).then(() => void heard.push(number)));
    if (number === 25) wal.flush();
  }
  await Promise.all(all);
  assert.deepEqual(
    heard,
    [...new Array(50).keys()].map((number) => number + 1),
  );
  assert.equal(wal.status().flushes - before, 2);
});

test('of much that comes at once the disk gets a part while the rest is still to be encoded', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { segmentBytes: 4 << 20 });
  const before = wal.status().flushes;
  const heard: number[] = [];
  const all = [append(wal, { group: 1, entries: entries(1, 1, 1) })];
  wal.flush();
  // All five would fit into the second flush.
  for (let index = 2; index <= 6; index += 1) {
    const large = entries(index, index, 1, 200 * 1024);
    all.push(append(wal, { group: 1, entries: large }).then(() => void heard.push(index)));
  }
  await Promise.all(all);
  assert.deepEqual(heard, [2, 3, 4, 5, 6]);
  const flushes = wal.status().flushes - before;
  assert.ok(flushes > 2, `${flushes} flushes`);
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }), { segmentBytes: 4 << 20 });
  assert.equal(groups.get(1)?.entries.length, 6);
});

test('segments follow each other, and those that nothing needs are let go and used again', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  for (let round = 0; round < 60; round += 1) {
    const first = round * 10 + 1;
    await append(wal, { group: 1, entries: entries(first, first + 9, 1, 200) });
    await append(wal, {
      group: 1,
      snapshot: { index: first + 9, term: 1, configuration },
      compactTo: first + 4,
    });
  }
  const status = wal.status();
  assert.ok(status.activeSegment > 8, `segment ${status.activeSegment}`);
  assert.ok(disk.paths().length <= 5, disk.paths().join(' '));
  await wal.close();
  const { groups, report } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(report.damages, []);
  assert.equal(groups.get(1)?.base.index, 595);
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(596, 600, 1, 200)));
});

test('a group that sleeps pins no segment: the little that is live of it is written forward', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, {
    group: 9,
    hardState: { term: 4, vote: 3, commit: 2 },
    entries: entries(1, 3, 4),
  });
  for (let round = 0; round < 60; round += 1) {
    const first = round * 10 + 1;
    await append(wal, { group: 1, entries: entries(first, first + 9, 1, 200) });
    await append(wal, {
      group: 1,
      snapshot: { index: first + 9, term: 1, configuration },
      compactTo: first + 9,
    });
  }
  assert.ok(wal.status().oldestSegment > 6, `oldest ${wal.status().oldestSegment}`);
  await wal.close();
  const { groups, report } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(report.damages, []);
  assert.deepEqual(groups.get(9)?.hardState, { term: 4, vote: 3, commit: 2 });
  assert.deepEqual(shown(groups.get(9)?.entries ?? []), shown(entries(1, 3, 4)));
});

test('a log of another node is refused, and so is a directory that lost its log', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await wal.close();
  const stranger = new Uint8Array(16).fill(8);
  await assert.rejects(openTestLog(disk, { identity: stranger }), { code: 'identity-mismatch' });
  for (const path of disk.paths()) disk.lose(path);
  await assert.rejects(openTestLog(disk, { create: false }), { code: 'log-damaged' });
  assert.deepEqual(await disk.list(directory), []);
});

test('after close every append is refused, and closing again changes nothing', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const last = append(wal, { group: 1, entries: entries(1, 1, 1) });
  await Promise.all([wal.close(), wal.close()]);
  await last;
  await assert.rejects(append(wal, { group: 1, entries: entries(2, 2, 1) }), {
    code: 'closed',
    outcome: 'not-applied',
  });
});

test('when all of a long log is compacted at once, its files go, but for the few that are used again', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  for (let round = 0; round < 100; round += 1) {
    await append(wal, { group: 1, entries: entries(round * 10 + 1, round * 10 + 10, 1, 200) });
  }
  assert.ok(disk.paths().length > 10);
  await append(wal, { group: 1, snapshot: { index: 1000, term: 1, configuration }, compactTo: 1000 });
  await until(() => disk.paths().length <= 4);
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.equal(groups.get(1)?.base.index, 1000);
});

test('the few live entries of a long log hold no more memory than their own', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { segmentBytes: 1024 * 1024 });
  await append(wal, { group: 2, entries: entries(1, 3, 1) });
  for (let round = 0; round < 20; round += 1) {
    await append(wal, { group: 1, entries: entries(round * 10 + 1, round * 10 + 10, 1, 4000) });
  }
  await append(wal, { group: 1, snapshot: { index: 200, term: 1, configuration }, compactTo: 200 });
  await wal.close();
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  for (const { data } of groups.get(2)?.entries ?? []) assert.ok(data.buffer.byteLength < 10_000);
});

test('one waiting caller is served by a write that blocks, several by one that does not', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { blockingWriteMsMax: 1 });
  let blocking = 0;
  disk.onBlockingWrite = () => {
    blocking += 1;
  };
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  assert.equal(blocking, 1);
  await Promise.all([
    append(wal, { group: 1, entries: entries(2, 2, 1) }),
    append(wal, { group: 2, entries: entries(1, 1, 1) }),
  ]);
  assert.equal(blocking, 1);
});

test('a disk that is slow to block is not blocked on again', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const clock = new ManualClock();
  const { wal } = await openTestLog(disk, { clock, blockingWriteMsMax: 1 });
  let blocking = 0;
  disk.onBlockingWrite = () => {
    blocking += 1;
    clock.advance(20);
  };
  for (let index = 1; index <= 200; index += 1)
    await append(wal, { group: 1, entries: entries(index, index, 1) });
  assert.ok(blocking > 0 && blocking < 20, `${blocking} blocking writes`);
});

test('a log that ends does not make a spare that nobody waits for', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { segmentBytes: 32 << 20 });
  let zeros = 0;
  disk.fail = (operation, path) => {
    if (operation === 'write' && path.endsWith('next.tmp')) zeros += 1;
  };
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  await wal.close();
  assert.ok(zeros < 64, `of 128 pieces of zeros ${zeros} were written`);
  assert.deepEqual(await disk.list(directory), ['000000000001.wal']);
  const { groups, wal: reopened } = await openTestLog(disk.reboot({ seed: 2 }), { segmentBytes: 32 << 20 });
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(1, 1, 1)));
  await reopened.close();
});

test('what waits when a log ends goes into the next segment, whose making had been stopped', async () => {
  const segmentBytes = 2 << 20;
  for (const isAwaited of [false, true]) {
    const disk = new FaultDisk({ seed: 1 });
    const { wal } = await openTestLog(disk, { segmentBytes, flushBytesMax: 600_000 });
    // The first segment has a mebibyte, so the second of these needs another one.
    const appends = [1, 2, 3].map((index) =>
      append(wal, { group: 1, entries: entries(index, index, 1, 500_000) }),
    );
    if (isAwaited) await appends[0];
    await Promise.all([wal.close(), ...appends]);
    const { groups, wal: reopened } = await openTestLog(disk.reboot({ seed: 2 }), { segmentBytes });
    assert.equal(groups.get(1)?.entries.length, 3, isAwaited ? 'awaited' : 'not awaited');
    await reopened.close();
  }
});
