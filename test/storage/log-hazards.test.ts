/** Hazards that random crashes meet too rarely, each told as the steps that lead to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure } from '../../src/base/index.ts';
import type { Entry } from '../../src/raft/index.ts';
import { type InspectedFlush, inspectLog, type WriteAheadLog } from '../../src/storage/index.ts';
import { diskFailed, diskFull, FaultDisk } from './fault-disk.ts';
import { append, directory, entries, openTestLog, shown } from './log-fixture.ts';

const configuration = {
  voters: [1, 2, 3],
  outgoing: [],
  learners: [],
  learnersNext: [],
  level: 1,
  details: [],
};
const firstSegment = `${directory}/000000000001.wal`;

function one(index: number, text: string): Entry[] {
  return [{ index, term: 1, kind: 'command', data: new TextEncoder().encode(text) }];
}

test('30 · a segment has its name only when all of it is there', async () => {
  for (const tear of ['none', 'first-half', 'all'] as const) {
    const disk = new FaultDisk({ seed: 3, tear });
    disk.crashWhen = (operation, path) => operation === 'write' && !path.includes('000000000001');
    await Promise.race([openTestLog(disk), disk.crashed]);
    await disk.crashed;
    for (const path of disk.reboot({ seed: 1 }).paths()) {
      if (path.endsWith('.wal')) assert.equal(disk.bytesOf(path).length, 16 * 1024, path);
    }
  }
});

test('28 · what a killed process had written is made durable before anyone builds on it', async () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    // 1. The process dies while its last flush lies whole in the cache of the system, and no further.
    const first = new FaultDisk({ seed, kill: true, tear: 'all' });
    const { wal } = await openTestLog(first);
    first.crashWhen = (operation, path) => operation === 'write' && path === firstSegment;
    append(wal, { group: 1, entries: entries(1, 1, 1) }).catch(() => undefined);
    await first.crashed;
    // 2. The next one recovers that flush, and acknowledges more on top of it.
    const second = first.reboot({ seed });
    const next = await openTestLog(second);
    assert.deepEqual(shown(next.groups.get(1)?.entries ?? []), shown(entries(1, 1, 1)));
    await append(next.wal, { group: 1, entries: entries(2, 2, 1) });
    // 3. Now the power goes.
    const { groups } = await openTestLog(second.reboot({ seed }));
    assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(1, 2, 1)));
  }
});

test('29 · records that another flush left at the same place never complete a torn one', async () => {
  // Two logs put flushes of one layout at one place, with different sequences before it. The second group's
  // record begins on a sector of its own, so each sector verifies by itself.
  const filling = 'x'.repeat(512 - 64 - 40 - 12);
  const second = (text: string) => [
    { group: 1, entries: one(3, filling) },
    { group: 2, entries: one(1, text) },
  ];
  const other = new FaultDisk({ seed: 1 });
  const { wal: otherLog } = await openTestLog(other);
  await append(otherLog, { group: 1, entries: [...one(1, filling), ...entries(2, 2, 1)] });
  await append(otherLog, ...second('old'));
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  await append(wal, { group: 1, entries: entries(2, 2, 1) });
  await append(wal, ...second('new'));

  const torn = disk.copy({ seed: 2 });
  const place = Buffer.from(torn.bytesOf(firstSegment)).indexOf('new');
  const oldPlace = Buffer.from(other.bytesOf(firstSegment)).indexOf('old');
  assert.equal(place, oldPlace);
  const sector = place - (place % 512);
  torn.bytesOf(firstSegment).set(other.bytesOf(firstSegment).subarray(sector, sector + 512), sector);
  const { groups } = await openTestLog(torn);
  assert.equal(groups.get(2), undefined);
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown(entries(1, 2, 1)));
});

test('a base that stands alone in its segment is written forward before the segment goes', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 9, entries: entries(1, 10, 4) });
  await append(wal, { group: 9, snapshot: { index: 10, term: 4, configuration }, compactTo: 10 });
  let last = await makeBusy(wal, 20);
  await append(wal, { group: 9, hardState: { term: 4, vote: 0, commit: 30 }, entries: entries(11, 30, 4) });
  await append(wal, { group: 9, snapshot: { index: 20, term: 4, configuration } });
  while (wal.status().oldestSegment < 6) {
    last = await makeBusy(wal, 3, last);
    const { groups } = await openTestLog(disk.copy({ seed: 2 }));
    assert.equal(groups.get(9)?.base.index, 10);
    assert.equal(groups.get(9)?.base.term, 4);
    assert.deepEqual(shown(groups.get(9)?.entries ?? []), shown(entries(11, 30, 4)));
  }
});

test('34 · entries that are replaced while they are being written forward stay replaced', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 9, entries: entries(1, 5, 1) });
  // The first segment is read to copy what group 9 keeps there; at that moment a new leader replaces it.
  let replaced: Promise<void> | undefined;
  disk.readable = (path) => {
    if (path === firstSegment) replaced ??= append(wal, { group: 9, entries: entries(2, 2, 3) });
  };
  await makeBusy(wal, 120);
  assert.ok(replaced);
  await replaced;
  assert.ok(wal.status().oldestSegment > 3);
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(shown(groups.get(9)?.entries ?? []), shown([...entries(1, 1, 1), ...entries(2, 2, 3)]));
});

test('a refused append leaves no trace in what the log expects next', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, hardState: { term: 1, vote: 1, commit: 0 }, entries: entries(1, 3, 1) });
  let full = 1;
  disk.fail = (operation, path) => {
    if (operation === 'write' && full-- > 0) throw diskFull(path);
  };
  const refused = append(wal, {
    group: 1,
    hardState: { term: 9, vote: 2, commit: 3 },
    entries: entries(2, 7, 9),
  });
  await assert.rejects(refused, { code: 'disk-full' });
  await append(wal, { group: 1, hardState: { term: 2, vote: 3, commit: 3 }, entries: entries(4, 5, 2) });
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual(groups.get(1)?.hardState, { term: 2, vote: 3, commit: 3 });
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), shown([...entries(1, 3, 1), ...entries(4, 5, 2)]));
});

test('31 · a sector that brings a refused flush back breaks the chain', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const write = disk.write.bind(disk);
  let before: Uint8Array | undefined;
  disk.write = async (path, content, bytes, position, durable) => {
    await write(path, content, bytes, position, durable);
    if (path !== firstSegment || before !== undefined) return;
    before = disk.bytesOf(firstSegment).slice();
    throw diskFull(path);
  };
  await assert.rejects(append(wal, { group: 1, entries: entries(1, 3, 1) }), { code: 'disk-full' });
  await append(wal, { group: 2, entries: entries(1, 1, 1) });
  await wal.close();
  const stale = disk.copy({ seed: 2 });
  // The empty flush that took the place was reported as written, and the medium still has the refused one.
  stale.bytesOf(firstSegment).set(before?.subarray(1024, 1536) ?? [], 1024);
  await assert.rejects(openTestLog(stale), { code: 'log-damaged' });
});

test('31 · a flush that begins where a lost one was expected is no part of that one', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const hardState = { term: 1, vote: 1, commit: 2 };
  await append(wal, { group: 1, hardState, entries: entries(1, 2, 1) });
  // 1. A flush of four sectors is refused by a full disk, and its first sector is on the medium all the same.
  const refused = { group: 1, entries: entries(3, 3, 1, 3 * 512) };
  const place = 3 * 512;
  const write = disk.write.bind(disk);
  let left: Uint8Array | undefined;
  disk.write = async (path, content, bytes, position, durable) => {
    await write(path, content, bytes, position, durable);
    if (path !== firstSegment || left !== undefined) return;
    assert.deepEqual([position, bytes.length], [place, 4 * 512]);
    left = bytes.slice(0, 512);
    throw diskFull(path);
  };
  await assert.rejects(append(wal, refused), { code: 'disk-full' });
  // 2. The empty flush that took its place never landed, and nobody knew. Three flushes fill the rest of the
  //    place, and the next one begins exactly where the refused one would have ended.
  for (let index = 3; index <= 8; index += 1)
    await append(wal, { group: 1, entries: entries(index, index, 2) });
  await wal.close();
  const flushes: InspectedFlush[] = [];
  await inspectLog({ disk, directory, onFlush: (flush) => flushes.push(flush) });
  const fourth = flushes.find(({ position }) => position === place + 4 * 512) ?? assert.fail('no such flush');
  assert.equal(fourth.records[0]?.entries?.first, 6);
  const lying = disk.copy({ seed: 2 });
  lying.bytesOf(firstSegment).set(left ?? [], place);
  // 3. Recovery takes the remains for the flush that it expects, and finds a later one at the place behind it.
  const { groups, report } = await openTestLog(lying, { onDamage: 'report' });
  assert.deepEqual(
    report.damages.map(({ position, firstSequence, lastSequence, records, unknownRecords }) => ({
      position,
      sequences: [firstSequence, lastSequence],
      lost: records.map(({ first, last }) => [first, last]),
      unknownRecords,
    })),
    [
      { position: place, sequences: [3, 3], lost: [[3, 3]], unknownRecords: false },
      { position: place + 4 * 512, sequences: [4, 6], lost: [], unknownRecords: true },
    ],
  );
  // 4. What went before is whole, and nothing behind the loss is taken for what was lost.
  const { entries: kept = [], damage } = groups.get(1) ?? {};
  assert.deepEqual(shown(kept), shown(entries(1, 2, 1)));
  assert.equal(damage?.entriesLost?.first, 3);
});

test('29, 31 · the end of a log that cannot be read is not taken for a torn tail', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, entries: entries(1, 40, 1), hardState: { term: 1, vote: 1, commit: 30 } });
  // More than a page lies between, so that the first flush can be read.
  await append(wal, { group: 2, entries: entries(1, 40, 1, 200) });
  await append(wal, { group: 1, entries: entries(41, 41, 1) });
  const unreadable = disk.copy({ seed: 2 });
  const bad = Buffer.from(unreadable.bytesOf(firstSegment)).indexOf('41@1');
  unreadable.readable = (path, position, length) => {
    if (path === firstSegment && position <= bad && bad < position + length) throw diskFailed('read', path);
  };
  await assert.rejects(openTestLog(unreadable), { code: 'log-damaged' });
  const reported = await openTestLog(unreadable, { onDamage: 'report' });
  assert.deepEqual(
    reported.report.damages.map(({ kind }) => kind),
    ['unreadable'],
  );
  assert.deepEqual(reported.groups.get(1)?.damage, {
    hardStateLost: true,
    snapshotLost: false,
    entriesLost: { first: 31 },
  });
  // The loss is not forgotten when the node dies before it is repaired.
  const again = unreadable.reboot({ seed: 3 });
  again.readable = unreadable.readable;
  await assert.rejects(openTestLog(again), { code: 'log-damaged' });
});

test('29 · records of a refused flush never complete the torn one that comes after it', async () => {
  const filling = 'x'.repeat(512 - 64 - 40 - 12);
  const both = (text: string) => [
    { group: 1, entries: one(1, filling) },
    { group: 2, entries: one(1, text) },
  ];
  const disk = new FaultDisk({ seed: 1, tear: 'first-half' });
  const { wal } = await openTestLog(disk);
  const write = disk.write.bind(disk);
  let full = 1;
  disk.write = async (path, content, bytes, position, durable) => {
    await write(path, content, bytes, position, durable);
    if (path === firstSegment && full-- > 0) throw diskFull(path);
  };
  await assert.rejects(append(wal, ...both('refused')), { code: 'disk-full' });
  disk.crashWhen = (operation, path) => operation === 'write' && path === firstSegment;
  append(wal, ...both('another')).catch(() => undefined);
  await disk.crashed;
  const { groups } = await openTestLog(disk.reboot({ seed: 2 }));
  assert.deepEqual([...groups.keys()], []);
});

test('a flush that was lost at the end of a segment makes everything before it suspect', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  // Each group has one flush, and nothing later that could make up for a loss.
  for (let group = 1; group <= 40; group += 1) {
    const hardState = { term: 1, vote: 1, commit: 0 };
    await append(wal, { group, hardState, entries: entries(1, 3, 1, 200) });
  }
  const flushes: InspectedFlush[] = [];
  await wal.close();
  await inspectLog({ disk, directory, onFlush: (flush) => flushes.push(flush) });
  const lost = flushes.findLast(({ segment }) => segment === 1) ?? assert.fail('no flush in segment 1');
  const lostGroup = lost.records[0]?.group ?? assert.fail('the flush has no records');
  disk.bytesOf(firstSegment).fill(0, lost.position, lost.position + 512);
  const { groups, report } = await openTestLog(disk, { onDamage: 'report' });
  assert.equal(report.mayMissGroups, true);
  for (let group = 1; group <= 40; group += 1) {
    if (group < lostGroup) assert.ok(groups.get(group)?.damage?.hardStateLost, `group ${group}`);
    else assert.equal(groups.get(group)?.damage, undefined, `group ${group}`);
  }
});

test('a log of which not one flush is left is damaged, not new', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await makeBusy(wal, 40);
  await wal.close();
  for (const path of disk.paths()) disk.bytesOf(path).fill(0, 512);
  await assert.rejects(openTestLog(disk, { create: true }), { code: 'log-damaged' });
});

test('a host that votes twice in a term, or takes a commit back, is stopped before it is written', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, hardState: { term: 3, vote: 2, commit: 4 }, entries: entries(1, 5, 3) });
  const wrong = [
    { term: 3, vote: 1, commit: 4 },
    { term: 3, vote: 0, commit: 4 },
    { term: 2, vote: 0, commit: 4 },
    { term: 3, vote: 2, commit: 3 },
    { term: 3, vote: 2, commit: 6 },
  ];
  for (const hardState of wrong) {
    assert.throws(() => wal.append([{ group: 1, hardState }], () => undefined), AssertionFailure);
  }
});

/** A busy group fills segments and compacts what it wrote; it goes on behind `last` and returns its new last. */
async function makeBusy(wal: WriteAheadLog, rounds: number, last = 0): Promise<number> {
  for (let round = 0; round < rounds; round += 1) {
    const first = last + round * 10 + 1;
    const index = first + 9;
    await append(wal, { group: 1, entries: entries(first, index, 1, 200) });
    await append(wal, { group: 1, snapshot: { index, term: 1, configuration }, compactTo: index });
  }
  return last + rounds * 10;
}
