/** What a compaction made unreachable is freed: all of it, everywhere at the same index, and never much at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CollectionClock } from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { collectPiecewise } from './collection-story.ts';
import { Driver, del, everything, get, prefix, put } from './commands.ts';

test('a compaction frees the space of what nobody can read any more, a little now and then', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 1_000; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  for (let turn = 0; turn < 200; turn += 1) driver.send(put(`gone${turn}`));
  driver.send(del(prefix('gone')));
  const before = driver.store.status.usedBytes;
  const { revision } = driver.store;
  driver.send({ kind: 'compact', revision });
  assert.ok(driver.store.status.usedBytes > before / 2, 'little is freed at once');
  for (let turn = 0; turn < 700; turn += 1) driver.send(get('a'));
  assert.equal(driver.store.status.isCollecting, false);
  assert.ok(driver.store.status.usedBytes < 300, `${driver.store.status.usedBytes} bytes are left`);
  assert.deepEqual(driver.list(everything), [`a=${'x'.repeat(100)}`]);
  assert.deepEqual(driver.refused({ kind: 'compact', revision }), {
    code: 'compacted',
    first: revision,
    second: revision,
  });
  assert.equal(driver.refused({ kind: 'compact', revision: revision + 1 }).code, 'future-revision');
});

test('a store without commands frees its space when it is asked to, in pieces as large as asked for', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 1_000; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  driver.send({ kind: 'compact', revision: 1_000 });
  for (let piece = 0; piece < 10; piece += 1) {
    assert.equal(driver.store.status.isCollecting, true);
    driver.expect('done', { kind: 'collect', events: 80 });
  }
  driver.expect('done', { kind: 'collect', events: 80 });
  assert.equal(driver.store.status.isCollecting, false);
  assert.ok(driver.store.status.usedBytes < 300, `${driver.store.status.usedBytes} bytes are left`);
});

test('a member that began from a snapshot on the way frees the same bytes behind the same commands', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 1_000; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  driver.send({ kind: 'compact', revision: 1_000 });
  for (let turn = 0; turn < 77; turn += 1) driver.send(put('b'));
  const late = driver.restored();
  while (driver.store.status.isCollecting) {
    for (const member of [driver, late]) member.send(put('b'));
    assert.equal(late.store.stateHash(), driver.store.stateHash());
  }
});

for (const changes of [1, 2, 15, 16, 100]) {
  test(`transactions of ${changes} changes do not outrun the collection of what was written before`, () => {
    const driver = new Driver();
    const many = Array.from({ length: changes }, (_, index) => put(`k${index}`, 'x'.repeat(100)));
    const write = { kind: 'transaction', compares: [], onSuccess: many, onFailure: [] } as const;
    const turns = 2_048;
    for (let turn = 0; turn < turns; turn += 1) driver.send(write);
    driver.send({ kind: 'compact', revision: turns });
    for (let turn = 0; turn < turns / 2; turn += 1) driver.send(write);
    assert.equal(driver.store.status.isCollecting, false);
  });
}

const mebibyte = 1_048_576;

test('collection piece by piece leaves at each step a state that can be sent, and in the end nothing of the past', async () => {
  for (let seed = 1; seed <= 12; seed += 1) await collectPiecewise(new MemoryOrderedStore(), seed);
});

test('a piece of nothing frees nothing, and leaves everything to be freed', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 1_000; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  driver.send({ kind: 'compact', revision: 1_000 });
  const { usedBytes } = driver.store.status;
  driver.expect('done', { kind: 'collect', events: 0 });
  assert.equal(driver.store.status.usedBytes, usedBytes);
  assert.equal(driver.store.status.isCollecting, true);
});

test('long values are freed in small pieces, whoever frees them', () => {
  const driver = new Driver();
  const value = 'x'.repeat(mebibyte);
  for (let turn = 0; turn < 64; turn += 1) driver.send(put('a', value));
  const freed = (work: () => void): number => {
    const { usedBytes } = driver.store.status;
    work();
    return usedBytes - driver.store.status.usedBytes;
  };
  const { revision } = driver.store;
  const byCompaction = freed(() => driver.send({ kind: 'compact', revision }));
  assert.ok(byCompaction > 0 && byCompaction < 4 * mebibyte, `${byCompaction} by a compaction`);
  const byRequest = freed(() => driver.send({ kind: 'collect', events: 10_000 }));
  assert.ok(byRequest > byCompaction && byRequest < 6 * mebibyte, `${byRequest} by request`);
  let byStride = 0;
  for (let turn = 0; turn < 64; turn += 1) byStride += freed(() => driver.send(get('a')));
  assert.ok(byStride > 0 && byStride < 4 * mebibyte, `${byStride} by a stride`);
});

test('puts of long values do not outrun the collection of what was written before', () => {
  const driver = new Driver();
  const write = put('a', 'x'.repeat(mebibyte / 4));
  for (let turn = 0; turn < 128; turn += 1) driver.send(write);
  driver.send({ kind: 'compact', revision: 128 });
  for (let turn = 0; turn < 64; turn += 1) driver.send(write);
  assert.equal(driver.store.status.isCollecting, false);
});

test('commands of more changes than usual do not outrun it either, where limits allow them', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...driver.store.status.limits, operationsMax: 2_000 } });
  const many = Array.from({ length: 2_000 }, (_, index) => put(`k${index}`));
  const write = { kind: 'transaction', compares: [], onSuccess: many, onFailure: [] } as const;
  for (let turn = 0; turn < 6; turn += 1) driver.send(write);
  driver.send({ kind: 'compact', revision: driver.store.revision });
  for (let turn = 0; turn < 3; turn += 1) driver.send(write);
  assert.equal(driver.store.status.isCollecting, false);
});

test('a store that goes on from a backup, with a wide gap in its revisions, collects as any other', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 300; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  driver.index += 1_000_000;
  driver.store.beginAnew({ index: driver.index, revision: 1_000_000_000 });
  for (let turn = 0; turn < 5_000; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  driver.send({ kind: 'compact', revision: driver.store.revision });
  for (let turn = 0; turn < 5_000; turn += 1) driver.send(put('b'));
  assert.equal(driver.store.status.isCollecting, false);
});

test('entries without a command carry the collection, too', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 1_000; turn += 1) driver.send(put('a', 'x'.repeat(100)));
  driver.send({ kind: 'compact', revision: 1_000 });
  while (driver.store.status.isCollecting && driver.index < 2_000) {
    driver.index += 1;
    driver.store.skip(driver.index);
  }
  assert.equal(driver.store.status.isCollecting, false);
});

test('a leader whose state gets nowhere asks for a piece once in a while, and not at each look', () => {
  const clock = new CollectionClock(0, 7);
  const asked: number[] = [];
  for (let now = 50; now <= 20_000; now += 50) {
    const events = clock.tick(now, { isCollecting: true, appliedIndex: 7 });
    if (events > 0) asked.push(now);
  }
  assert.deepEqual(asked, [250, 5_250, 10_250, 15_250]);
});

test('a leader whose store has nothing to free asks for nothing', () => {
  const clock = new CollectionClock(0, 7);
  for (let now = 50; now <= 20_000; now += 50)
    assert.equal(clock.tick(now, { isCollecting: false, appliedIndex: 7 + (now > 10_000 ? now : 0) }), 0);
});
