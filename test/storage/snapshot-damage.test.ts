import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, crc32 } from '../../src/base/index.ts';
import { failsWith, patterned } from '../ports/expectations.ts';
import { diskFailed, type FaultDisk } from './fault-disk.ts';
import {
  chunksOf,
  disk,
  mark,
  openFiles,
  readable,
  snapshotDirectory,
  summaries,
} from './snapshot-fixture.ts';

const path = `${snapshotDirectory}/0-8-1.snapshot`;
const chunks = chunksOf('the first', 'the second', 'and the last');

/** A disk with one snapshot on it, changed by `change`. */
async function changed(change: (bytes: Uint8Array, on: FaultDisk) => Uint8Array): Promise<FaultDisk> {
  const on = disk();
  await (await openFiles(on)).write(0, mark(8), chunks);
  const bytes = change(on.bytesOf(path).slice(), on);
  const file = await on.open(path, { create: 'never' });
  await file.truncate(0);
  await file.write(bytes, 0);
  return on;
}

/** Whatever was given out before the damage was met is a beginning of what was written. */
async function expectDamage(on: FaultDisk, what: string): Promise<void> {
  const files = await openFiles(on);
  const seen = await readable(files, 0, mark(8));
  assert.equal(seen.code, 'snapshot-damaged', what);
  assert.deepEqual(summaries(seen.chunks), summaries(chunks.slice(0, seen.chunks.length)), what);
  assert.ok(seen.chunks.length <= chunks.length, what);
}

test('31 · one flipped bit anywhere in a snapshot is found, and no wrong chunk is given out before that', async () => {
  const { length } = (await changed((bytes) => bytes)).bytesOf(path);
  for (let bit = 0; bit < length * 8; bit += 1) {
    const on = await changed((bytes) => {
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      return bytes;
    });
    await expectDamage(on, `bit ${bit}`);
  }
});

test('a snapshot that ends too soon, goes on too long or is all zeros is damaged', async () => {
  const { length } = (await changed((bytes) => bytes)).bytesOf(path);
  for (let kept = 0; kept < length; kept += 1)
    await expectDamage(await changed((bytes) => bytes.slice(0, kept)), `${kept} bytes are left`);
  await expectDamage(await changed((bytes) => Uint8Array.of(...bytes, 0)), 'one byte behind the end');
  await expectDamage(await changed((bytes) => Uint8Array.of(...bytes, ...bytes)), 'twice');
  for (const zeros of [16, 100, 5_000])
    await expectDamage(await changed(() => new Uint8Array(zeros)), `${zeros} zeros`);
});

test('sectors that were swapped, or brought back from another snapshot, are found', async () => {
  const on = disk();
  const files = await openFiles(on);
  await files.write(0, mark(8), [patterned(2_048, 1), patterned(2_048, 2)]);
  await files.write(0, mark(9), [patterned(2_048, 1), patterned(2_048, 3)]);
  const [eight, nine] = [mark(8), mark(9)].map(({ index }) =>
    on.bytesOf(`${snapshotDirectory}/0-${index}-1.snapshot`),
  );
  assert.ok(eight !== undefined && nine !== undefined);
  const stale = nine.slice();
  stale.set(eight.subarray(2_560, 3_072), 2_560);
  nine.set(stale);
  assert.equal((await readable(files, 0, mark(9))).code, 'snapshot-damaged');
  const swapped = eight.slice();
  swapped.copyWithin(512, 1_024, 1_536);
  eight.set(swapped);
  assert.equal((await readable(files, 0, mark(8))).code, 'snapshot-damaged');
});

test('27, 31 · a sound snapshot under the name of another is damage, for reading as for sending', async () => {
  const wrongs = [mark(7), mark(8, 2), mark(8, 1, [1, 2, 3, 4])];
  for (const wrong of wrongs) {
    const on = disk();
    const files = await openFiles(on);
    await files.write(0, wrong, chunks);
    const file = `${snapshotDirectory}/0-${wrong.index}-${wrong.term}.snapshot`;
    if (file !== path) await on.rename(file, path);
    await expectDamage(on, `${wrong.index} ${wrong.term}`);
    await failsWith('snapshot-damaged', files.source(0, mark(8)));
  }
});

test('27 · when the newest snapshot is damaged no older one is used in its place', async () => {
  const on = disk();
  const files = await openFiles(on);
  await files.write(0, mark(7), chunksOf('older'));
  await files.write(0, mark(8), chunks);
  on.flipBit(path, 90);
  await expectDamage(on, 'with an older one beside it');
  on.lose(path);
  const error = await failsWith('snapshot-damaged', files.read(0, mark(8)).next());
  assert.match(error.message, /0-8-1\.snapshot is damaged: it is missing; the member must be repaired/);
});

test('a disk that cannot read says so; that is no damage', async () => {
  const on = await changed((bytes) => bytes);
  const files = await openFiles(on);
  for (const failing of ['open', 'read'] as const) {
    on.fail = (operation, at) => {
      if (operation === failing) throw diskFailed(operation, at);
    };
    assert.equal((await readable(files, 0, mark(8))).code, 'disk-failed');
    await failsWith('disk-failed', files.source(0, mark(8)));
  }
});

test('a snapshot of a newer release is told apart from a damaged one', async () => {
  const on = await changed((bytes) => {
    const newer = bytes.slice();
    const view = new DataView(newer.buffer);
    newer[12] = 2;
    view.setUint32(4, crc32(newer.subarray(8, 8 + view.getUint32(0, true))), true);
    return newer;
  });
  const error = await failsWith('unsupported-format', (await openFiles(on)).read(0, mark(8)).next());
  assert.match(error.message, /has format 2, and this program knows format 1/);
});

test('29 · a chunk that claims more than its file holds costs no memory', async () => {
  const on = await changed((bytes) => {
    const view = new DataView(bytes.buffer);
    const firstChunk = 8 + view.getUint32(0, true);
    view.setUint32(firstChunk, 100 << 20, true);
    return bytes;
  });
  const before = process.memoryUsage().arrayBuffers;
  await expectDamage(on, 'a huge chunk');
  assert.ok(process.memoryUsage().arrayBuffers - before < 50 << 20);
});

test('a header whose checksum fits but whose content makes no sense is damaged', async () => {
  const writer = new ByteWriter(64);
  writer.u32(4);
  writer.u32(crc32(patterned(4)));
  writer.raw(patterned(4));
  writer.raw(new Uint8Array(64));
  await expectDamage(await changed(() => writer.copy()), 'a header of four bytes');
});
