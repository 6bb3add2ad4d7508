/** What the log says when the disk has lost or changed what was acknowledged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError, Prng } from '../../src/base/index.ts';
import { emptyConfiguration } from '../../src/raft/index.ts';
import type { FoundDamage, OpenedLog } from '../../src/storage/index.ts';
import { diskFailed, FaultDisk } from './fault-disk.ts';
import { append, directory, entries, ManualClock, openTestLog, shown } from './log-fixture.ts';

const firstSegment = `${directory}/000000000001.wal`;

/** A log of three groups over several segments, closed cleanly. */
async function filledDisk(rounds = 12): Promise<FaultDisk> {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { segmentBytes: 8 * 1024 });
  for (let round = 0; round < rounds; round += 1) {
    const hardState = { term: 1 + Math.floor(round / 4), vote: 2, commit: round * 3 };
    for (const group of [1, 2, 3]) {
      await append(wal, {
        group,
        hardState,
        entries: entries(round * 3 + 1, round * 3 + 3, hardState.term, 100),
      });
    }
  }
  await wal.close();
  return disk;
}

function content({ groups }: OpenedLog): string[] {
  return [...groups.values()].map(({ group, hardState, entries: list }) =>
    JSON.stringify([group, hardState, shown(list)]),
  );
}

/** Where a text stands in a file; the test breaks that record. */
function find(disk: FaultDisk, path: string, text: string): number {
  const position = Buffer.from(disk.bytesOf(path)).indexOf(text);
  assert.ok(position > 0, `${text} in ${path}`);
  return position;
}

test('31 · one flipped bit anywhere is noticed, or hurts nothing', async () => {
  const disk = await filledDisk(6);
  const whole = content(await openTestLog(disk.copy({ seed: 3 })));
  const random = new Prng(5);
  let noticed = 0;
  for (const path of disk.paths()) {
    for (let position = 0; position < disk.bytesOf(path).length; position += random.between(1, 9)) {
      const rotten = disk.copy({ seed: 4 });
      rotten.flipBit(path, position, random.below(8));
      try {
        assert.deepEqual(content(await openTestLog(rotten)), whole, `${path} at ${position}`);
      } catch (error) {
        if (!isQuorateError(error)) throw error;
        assert.equal(error.code, 'log-damaged', `${path} at ${position}`);
        noticed += 1;
      }
    }
  }
  assert.ok(noticed > 100, `${noticed} flips noticed`);
});

test('29, 31 · a damaged record in the middle is refused by default, and its group and indexes are named', async () => {
  const disk = await filledDisk();
  disk.flipBit(firstSegment, find(disk, firstSegment, '7@1'));
  await assert.rejects(openTestLog(disk.copy({ seed: 3 })), (error) => {
    assert.ok(isQuorateError(error) && error.code === 'log-damaged');
    assert.deepEqual(error.data.groups, [1]);
    assert.equal(error.data.segment, 1);
    return true;
  });
  const { groups, report, wal } = await openTestLog(disk, { onDamage: 'report' });
  assert.deepEqual(
    report.damages.map(({ records }) => records),
    [[{ group: 1, type: 'entries', first: 7, last: 9 }]],
  );
  const hurt = groups.get(1);
  assert.deepEqual(shown(hurt?.entries ?? []), shown(entries(1, 6, 1, 100)));
  assert.deepEqual(hurt?.damage, {
    hardStateLost: false,
    snapshotLost: false,
    entriesLost: { first: 7, last: 36 },
  });
  assert.deepEqual(hurt?.hardState, { term: 3, vote: 2, commit: 6 });
  assert.equal(groups.get(2)?.damage, undefined);
  assert.equal(groups.get(3)?.entries.length, 36);
  await wal.close();
});

test('31 · a damaged vote makes its group suspect until a newer one is on the disk', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, hardState: { term: 1, vote: 3, commit: 0 } });
  await append(wal, { group: 1, hardState: { term: 2, vote: 3, commit: 0 } });
  await append(wal, { group: 2, entries: entries(1, 2, 1) });
  await wal.close();
  const rotten = disk.copy({ seed: 2 });
  // The second hard state follows the opening flush and the first one, each in a sector of its own.
  rotten.flipBit(firstSegment, 512 * 3 + 64 + 40);
  const opened = await openTestLog(rotten, { onDamage: 'report' });
  assert.deepEqual(opened.groups.get(1)?.damage, { hardStateLost: true, snapshotLost: false });
  assert.equal(opened.groups.get(2)?.damage, undefined);
  await append(opened.wal, { group: 1, hardState: { term: 5, vote: 0, commit: 0 } });
  await opened.wal.close();
  const healed = await openTestLog(rotten.copy({ seed: 3 }));
  assert.equal(healed.groups.get(1)?.damage, undefined);
  assert.equal(healed.report.damages.length, 1);
});

test('a damaged flush header loses nothing: its records still verify', async () => {
  const disk = await filledDisk();
  const whole = content(await openTestLog(disk.copy({ seed: 3 })));
  disk.flipBit(firstSegment, 512 * 4 + 20);
  const opened = await openTestLog(disk.copy({ seed: 3 }));
  assert.deepEqual(content(opened), whole);
  assert.deepEqual(
    opened.report.damages.map(({ kind, unknownRecords }) => [kind, unknownRecords]),
    [['flush', false]],
  );
});

test('29 · the last flush is a torn tail when damaged, until a seal or a close has proved that it was durable', async () => {
  const clock = new ManualClock();
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { clock, sealAfterMs: 100 });
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  await append(wal, { group: 1, entries: entries(2, 2, 1) });
  const place = find(disk, firstSegment, '2@1');
  const unsealed = disk.copy({ seed: 2 });
  unsealed.flipBit(firstSegment, place);
  const cut = await openTestLog(unsealed);
  assert.deepEqual(shown(cut.groups.get(1)?.entries ?? []), shown(entries(1, 1, 1)));
  assert.ok(cut.report.tornTail);
});

test('a seal follows the last flush, and only one', async () => {
  const clock = new ManualClock();
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { clock, sealAfterMs: 100 });
  await append(wal, { group: 1, entries: entries(1, 1, 1) });
  const before = wal.status().flushes;
  for (let round = 0; round < 5; round += 1) {
    clock.advance(100);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  }
  assert.equal(wal.status().flushes, before + 1);
  const rotten = disk.copy({ seed: 2 });
  rotten.flipBit(firstSegment, find(rotten, firstSegment, '1@1'));
  await assert.rejects(openTestLog(rotten), { code: 'log-damaged' });
});

test('31 · a segment that is missing, wherever, is damage', async () => {
  const disk = await filledDisk();
  const paths = disk.paths();
  assert.ok(paths.length >= 4, paths.join(' '));
  for (const path of paths) {
    const robbed = disk.copy({ seed: 3 });
    robbed.lose(path);
    await assert.rejects(openTestLog(robbed.copy({ seed: 3 })), { code: 'log-damaged' }, path);
    const first = await openTestLog(robbed, { onDamage: 'report' });
    assert.ok(
      first.report.damages.some(({ kind }) => kind === 'segment-missing'),
      path,
    );
    assert.equal(first.report.mayMissGroups, true);
    await first.wal.close();
    await assert.rejects(openTestLog(robbed.copy({ seed: 4 })), { code: 'log-damaged' }, `${path} again`);
  }
});

test('31 · a sector that falls back to what it held before is noticed', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const snapshots: Uint8Array[] = [];
  for (let index = 1; index <= 8; index += 1) {
    snapshots.push(disk.bytesOf(firstSegment).slice());
    await append(wal, { group: 1, entries: entries(index, index, 1) });
  }
  await wal.close();
  for (const [position, before] of snapshots.entries()) {
    const stale = disk.copy({ seed: 2 });
    const sector = 512 * (position + 2);
    stale.bytesOf(firstSegment).set(before.subarray(sector, sector + 512), sector);
    await assert.rejects(openTestLog(stale), { code: 'log-damaged' }, `sector at ${sector}`);
  }
});

test('a log is repaired from its peers: the missing entries are appended, a rewrite removes the damaged place', async () => {
  const disk = await filledDisk();
  disk.flipBit(firstSegment, find(disk, firstSegment, '7@1'));
  const { groups, wal } = await openTestLog(disk, { onDamage: 'report', segmentBytes: 8 * 1024 });
  const { hardState, damage } = groups.get(1) ?? assert.fail('group 1 is gone');
  assert.equal(damage?.entriesLost?.first, 7);
  await append(wal, {
    group: 1,
    hardState,
    entries: [...entries(7, 12, 1, 100), ...entries(13, 30, 2, 100)],
  });
  await wal.rewrite();
  await wal.close();
  const { groups: repaired, report } = await openTestLog(disk.copy({ seed: 4 }));
  assert.deepEqual(report.damages, []);
  assert.equal(repaired.get(1)?.entries.length, 30);
  assert.deepEqual(shown(repaired.get(2)?.entries ?? []).length, 36);
  assert.deepEqual(repaired.get(3)?.hardState, { term: 3, vote: 2, commit: 33 });
});

test('entries that a lost flush may have replaced are not trusted, although the next ones follow them', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, hardState: { term: 1, vote: 2, commit: 4 }, entries: entries(1, 10, 1) });
  await append(wal, { group: 1, hardState: { term: 2, vote: 2, commit: 4 }, entries: entries(7, 10, 2) });
  await append(wal, { group: 1, hardState: { term: 2, vote: 2, commit: 12 }, entries: entries(11, 12, 2) });
  await wal.close();
  const place = find(disk, firstSegment, '7@2');
  disk.bytesOf(firstSegment).fill(0, place - (place % 512), place - (place % 512) + 512);
  const { groups, wal: reopened } = await openTestLog(disk.copy({ seed: 2 }), { onDamage: 'report' });
  const { entries: kept, damage } = groups.get(1) ?? assert.fail('group 1 is gone');
  assert.deepEqual(shown(kept), shown(entries(1, 4, 1)));
  assert.equal(damage?.hardStateLost, false);
  assert.equal(damage?.entriesLost?.first, 5);
  // Once they are written again they are what they were.
  await append(reopened, {
    group: 1,
    hardState: { term: 2, vote: 2, commit: 4 },
    entries: [...entries(5, 6, 1), ...entries(7, 12, 2)],
  });
  await reopened.close();
});

test('22, 31 · what a lost snapshot mark had replaced is not trusted, although the next entries follow it', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  const mark = { index: 6, term: 2, configuration: { ...emptyConfiguration, voters: [1, 2, 3] } };
  // A snapshot comes for a log whose end no quorum ever held; what follows it begins inside that end.
  await append(wal, { group: 1, hardState: { term: 1, vote: 2, commit: 4 }, entries: entries(1, 8, 1) });
  await append(wal, { group: 1, installed: mark, hardState: { term: 2, vote: 2, commit: 6 } });
  await append(wal, { group: 1, hardState: { term: 2, vote: 2, commit: 9 }, entries: entries(7, 9, 2) });
  await wal.close();
  const place = find(disk, firstSegment, '1@1');
  const flush = place - (place % 512) + 512;
  disk.flipBit(firstSegment, flush + 64 + 40);
  const { groups, report, wal: reopened } = await openTestLog(disk, { onDamage: 'report' });
  assert.deepEqual(
    report.damages.map(({ records }) => records.map(({ type }) => type)),
    [['state']],
  );
  const { entries: kept, damage } = groups.get(1) ?? assert.fail('group 1 is gone');
  assert.deepEqual(shown(kept), shown(entries(1, 4, 1)));
  assert.deepEqual(damage?.entriesLost, { first: 5, last: 9 });
  await reopened.close();
});

test('whoever opens a damaged log is asked before anything of it is touched', async () => {
  const disk = await filledDisk();
  disk.flipBit(firstSegment, find(disk, firstSegment, '7@1'));
  const before = disk.paths().map((path) => Buffer.from(disk.bytesOf(path)).toString('latin1'));
  const no = new Error('not with me');
  const judge = (found: FoundDamage): Promise<void> => {
    assert.match(
      found.error.message,
      /flush \d+ in data\/log\/000000000001\.wal at \d+ \(flush: entries 7 to 9 of group 1\)/,
    );
    assert.equal(found.groups.get(1)?.damage?.entriesLost?.first, 7);
    return Promise.reject(no);
  };
  await assert.rejects(openTestLog(disk, { onDamage: judge }), no);
  const after = disk.paths().map((path) => Buffer.from(disk.bytesOf(path)).toString('latin1'));
  assert.deepEqual(after, before);
  const { wal } = await openTestLog(disk, { onDamage: () => Promise.resolve() });
  await wal.close();
});

test('29, 31 · a place that cannot be read is damage, at the end of the log too', async () => {
  for (const text of ['7@1', '34@3']) {
    const disk = await filledDisk();
    const path = disk.paths().find((name) => Buffer.from(disk.bytesOf(name)).includes(text)) ?? '';
    const bad = find(disk, path, text);
    const read = disk.readable.bind(disk);
    disk.readable = (name, position, length) => {
      if (name === path && position <= bad && bad < position + length) throw diskFailed('read', name);
      read(name, position, length);
    };
    await assert.rejects(openTestLog(disk), { code: 'log-damaged' });
  }
});

test('after damage of any kind, what the report calls whole is whole', async () => {
  const disk = await filledDisk();
  const whole = new Map(
    content(await openTestLog(disk.copy({ seed: 3 }))).map((line) => [line.slice(0, 2), line]),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const rotten = disk.copy({ seed: 3 });
      const random = new Prng(seed);
      for (let hits = random.between(1, 4); hits > 0; hits -= 1) spoil(rotten, random);
      const opened = await openTestLog(rotten, { onDamage: 'report', create: false }).catch(unlessGone);
      if (opened === undefined) return;
      const suspects = [...opened.groups.values()].filter(({ damage }) => damage !== undefined);
      for (const line of content(opened)) {
        if (suspects.some(({ group }) => line.startsWith(`[${group}`))) continue;
        assert.equal(line, whole.get(line.slice(0, 2)));
      }
      assert.ok(opened.groups.size === whole.size || opened.report.mayMissGroups);
      await append(opened.wal, { group: 77, entries: entries(1, 1, 1) });
      await opened.wal.close();
    }),
    { numRuns: 150 },
  );
});

/** Where nothing is left that a log is known by, nobody is told that it is whole. */
function unlessGone(error: unknown): undefined {
  if (!isQuorateError(error) || error.code !== 'log-damaged') throw error;
}

/** Overwrites a place in a segment, or brings a sector of zeros back, or takes a whole segment away. */
function spoil(disk: FaultDisk, random: Prng): void {
  const path = random.pick(disk.paths());
  const bytes = disk.bytesOf(path);
  const from = random.below(bytes.length);
  const choice = random.below(10);
  if (choice === 0 && disk.paths().length > 1) disk.lose(path);
  else if (choice < 4) bytes.fill(0, from - (from % 512), from - (from % 512) + 512);
  else
    for (let at = from; at < Math.min(from + random.between(1, 300), bytes.length); at += 1)
      bytes[at] = random.uint32();
}

test('an entry that was replaced is not copied forward as live, when what replaced it cannot be read any more', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk, { segmentBytes: 8 * 1024 });
  await append(wal, { group: 1, hardState: { term: 1, vote: 2, commit: 6 }, entries: entries(1, 10, 1) });
  await append(wal, { group: 1, hardState: { term: 2, vote: 2, commit: 6 }, entries: entries(7, 10, 2) });
  await append(wal, { group: 1, hardState: { term: 2, vote: 2, commit: 10 }, entries: entries(11, 12, 2) });
  for (let index = 1; wal.status().activeSegment === 1; index += 1)
    await append(wal, { group: 2, entries: entries(index, index, 1, 400) });
  const place = find(disk, firstSegment, '7@2');
  disk.bytesOf(firstSegment).fill(0, place - (place % 512), place - (place % 512) + 512);
  await wal.rewrite();
  await wal.close();
  const { groups, wal: reopened } = await openTestLog(disk.copy({ seed: 2 }), { onDamage: 'report' });
  const { entries: kept } = groups.get(1) ?? assert.fail('group 1 is gone');
  assert.deepEqual(shown(kept), shown(entries(1, 6, 1)));
  await reopened.close();
});

test('a log that is damaged again after its repair can be repaired again, from what was left over of it', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const first = await openTestLog(disk);
  for (let index = 1; index <= 13; index += 1)
    await append(first.wal, {
      group: 1,
      hardState: { term: 1, vote: 1, commit: index - 1 },
      entries: entries(index, index, 1),
    });
  await first.wal.close();
  disk.flipBit(firstSegment, 512 + 20);
  const second = await openTestLog(disk, { onDamage: 'report' });
  await second.wal.rewrite();
  await append(second.wal, {
    group: 1,
    hardState: { term: 1, vote: 1, commit: 13 },
    entries: entries(14, 20, 1),
  });
  await second.wal.close();
  // Where the first entries were written again nothing can be read; where they had been they still stand.
  const rewritten = `${directory}/000000000002.wal`;
  const restated = find(disk, rewritten, '13@1');
  disk.bytesOf(rewritten).fill(0, 512, restated + 512 - (restated % 512));
  assert.ok(disk.paths().includes(firstSegment), 'left over, to be used again');
  const third = await openTestLog(disk, { onDamage: 'report' });
  const kept = shown(third.groups.get(1)?.entries ?? []);
  assert.deepEqual(kept, shown(entries(1, 12, 1)));
  await third.wal.rewrite();
  await third.wal.close();
  disk.lose(firstSegment);
  const { groups } = await openTestLog(disk, { onDamage: 'report' });
  assert.deepEqual(shown(groups.get(1)?.entries ?? []), kept);
});
