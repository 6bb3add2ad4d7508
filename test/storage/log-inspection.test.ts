/** Looking at a log without touching it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InspectedFlush, inspectLog } from '../../src/storage/index.ts';
import { FaultDisk } from './fault-disk.ts';
import { append, directory, entries, openTestLog } from './log-fixture.ts';

async function filledDisk(): Promise<FaultDisk> {
  const disk = new FaultDisk({ seed: 1 });
  const { wal } = await openTestLog(disk);
  for (let round = 0; round < 30; round += 1) {
    await append(wal, {
      group: 4,
      hardState: { term: 2, vote: 1, commit: round * 5 },
      entries: entries(round * 5 + 1, round * 5 + 5, 2, 200),
    });
  }
  await wal.close();
  return disk;
}

test('an inspection sees every flush in order, and changes nothing', async () => {
  const disk = await filledDisk();
  const before = disk.paths().map((path) => disk.bytesOf(path).slice());
  const flushes: InspectedFlush[] = [];
  const { groups, isHarmful } = await inspectLog({
    disk,
    directory,
    onFlush: (flush) => flushes.push(flush),
  });
  assert.deepEqual(
    flushes.map(({ sequence }) => sequence),
    [...new Array(flushes.length).keys()].map((index) => index + 1),
  );
  assert.ok(flushes.every(({ intact }) => intact));
  const seen = flushes.flatMap(({ records }) => records.map((record) => record.entries?.last ?? 0));
  assert.equal(Math.max(...seen), 150);
  assert.equal(groups.get(4)?.entries.length, 150);
  assert.equal(isHarmful, false);
  assert.deepEqual(
    disk.paths().map((path) => disk.bytesOf(path)),
    before,
  );
});

test('a segment in the middle can be judged alone, and what others hold is not missed', async () => {
  const disk = await filledDisk();
  const { report, isHarmful } = await inspectLog({ disk, directory, segment: 2 });
  assert.deepEqual(report.damages, []);
  assert.equal(isHarmful, false);
  disk.flipBit(`${directory}/000000000002.wal`, 4000);
  const { isHarmful: isHarmfulNow } = await inspectLog({ disk, directory, segment: 2 });
  assert.equal(isHarmfulNow, true);
});

test('what lies behind a hole is shown once', async () => {
  const disk = await filledDisk();
  disk.lose(`${directory}/000000000002.wal`);
  const flushes: InspectedFlush[] = [];
  const { isHarmful } = await inspectLog({ disk, directory, onFlush: (flush) => flushes.push(flush) });
  assert.equal(isHarmful, true);
  assert.equal(new Set(flushes.map(({ sequence }) => sequence)).size, flushes.length);
  assert.ok(flushes.some(({ segment }) => segment === 1));
  assert.ok(flushes.some(({ segment }) => segment === 3));
});
