import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/base/index.ts';
import { readCheckedFile, writeCheckedFile } from '../../src/node/checked-file.ts';
import {
  type BirthRecord,
  drawClusterName,
  drawIdentity,
  readBirthRecord,
  writeBirthRecord,
} from '../../src/node/index.ts';
import { releaseLevels } from '../../src/node/options.ts';
import type { Random } from '../../src/ports/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { FaultDisk, tears } from '../storage/fault-disk.ts';

const directory = 'home';
const path = `${directory}/birth.json`;

const record: BirthRecord = {
  identity: { cluster: 'a cluster “ö”', member: 2 ** 53 - 1, log: new Uint8Array(16).fill(0xa5) },
  started: false,
  bootstrap: [11, 22, 33],
  level: 3,
  addresses: new Map([
    [11, { host: '127.0.0.1', port: 7701 }],
    [22, { host: '::1', port: 7702 }],
  ]),
};
const started: BirthRecord = { ...record, started: true };

function drawn(seed: number): Random {
  const prng = new Prng(seed);
  return {
    uint32: () => prng.uint32(),
    fill: (bytes) => {
      for (let place = 0; place < bytes.length; place += 1) bytes[place] = prng.below(256);
    },
  };
}

async function withRecord(seed = 1): Promise<FaultDisk> {
  const disk = new FaultDisk({ seed });
  await writeBirthRecord(disk, directory, record);
  return disk;
}

test('a node finds in its directory what was written at its birth, and that it has started since', async () => {
  const disk = new FaultDisk({ seed: 1 });
  assert.equal(await readBirthRecord(disk, directory), undefined);
  await writeBirthRecord(disk, directory, record);
  assert.deepEqual(await readBirthRecord(disk, directory), record);
  await writeBirthRecord(disk, directory, started);
  assert.deepEqual(await readBirthRecord(disk, directory), started);
});

test('a cluster begins at the level of the release that prepares it', async () => {
  const disk = new FaultDisk({ seed: 1 });
  const { level: _, ...silent } = record;
  await writeBirthRecord(disk, directory, silent);
  assert.equal((await readBirthRecord(disk, directory))?.level, releaseLevels.most);
});

test('a record that says no level is one of the first', async () => {
  const disk = await withRecord();
  const { level: _, ...silent } = JSON.parse((await readCheckedFile(disk, path)) ?? '');
  await writeCheckedFile(disk, path, JSON.stringify(silent));
  assert.deepEqual(await readBirthRecord(disk, directory), { ...record, level: 1 });
});

test('an identity is never overwritten by a second birth', async () => {
  const disk = await withRecord();
  const other = { ...record, identity: drawIdentity(drawn(1), 'another') };
  const error = await failsWith('already-exists', writeBirthRecord(disk, directory, other));
  assert.match(error.message, /belongs to a node already; start that one, or choose an empty directory/);
  assert.deepEqual(await readBirthRecord(disk, directory), record);
});

test('30 · a crash at any moment of a birth leaves no record or a whole one, and of a start the one or the other', async () => {
  for (const [before, after] of [
    [undefined, record],
    [record, started],
  ] as const) {
    const whole = before === undefined ? new FaultDisk({ seed: 1 }) : await withRecord();
    const from = whole.operations;
    await writeBirthRecord(whole, directory, after);
    for (let crashAt = from + 1; crashAt <= whole.operations; crashAt += 1) {
      for (const tear of tears) {
        const disk = new FaultDisk({ seed: crashAt, crashAt, tear });
        if (before !== undefined) await writeBirthRecord(disk, directory, before);
        await Promise.race([writeBirthRecord(disk, directory, after), disk.crashed]);
        const reborn = disk.reboot({ seed: 7 });
        const found = await readBirthRecord(reborn, directory);
        if (found === undefined) assert.equal(before, undefined);
        else assert.deepEqual(found, found.started === after.started ? after : before);
        await writeBirthRecord(reborn, directory, started);
        assert.deepEqual(await readBirthRecord(reborn, directory), started);
      }
    }
  }
});

test('one flipped bit anywhere in the record is found, and so are its halves', async () => {
  const { length } = (await withRecord()).bytesOf(path);
  for (let bit = 0; bit < length * 8; bit += 1) {
    const disk = await withRecord();
    disk.flipBit(path, bit >> 3, bit & 7);
    await failsWith('directory-damaged', readBirthRecord(disk, directory));
  }
  for (let kept = 0; kept < length; kept += 1) {
    const disk = await withRecord();
    await (await disk.open(path, { create: 'never' })).truncate(kept);
    await failsWith('directory-damaged', readBirthRecord(disk, directory));
  }
  const longer = await withRecord();
  await (await longer.open(path, { create: 'never' })).write(Uint8Array.of(10), length);
  const error = await failsWith('directory-damaged', readBirthRecord(longer, directory));
  assert.match(error.message, /home cannot be used: the checksum of birth\.json does not fit; restore it/);
});

test('a record that grew out of all proportion is not read into memory', async () => {
  const disk = await withRecord();
  await (await disk.open(path, { create: 'never' })).truncate(2 << 20);
  const error = await failsWith('directory-damaged', readBirthRecord(disk, directory));
  assert.match(error.message, /birth\.json does not fit/);
});

test('the record of a newer release is told apart from a damaged one', async () => {
  const { crc32 } = await import('node:zlib');
  const disk = await withRecord();
  const content = Buffer.from(disk.bytesOf(path))
    .toString()
    .split('\n')[0]
    ?.replace('"version":1', '"version":2');
  const file = await disk.open(path, { create: 'never' });
  await file.truncate(0);
  await file.write(Buffer.from(`${content}\n${crc32(Buffer.from(content ?? '')).toString(16)}\n`), 0);
  const error = await failsWith('unsupported-format', readBirthRecord(disk, directory));
  assert.match(error.message, /has format 2, and this program knows format 1; run the release that wrote it/);
});

test('11 · a directory that holds a log but no record is refused, not given a new identity', async () => {
  const disk = new FaultDisk({ seed: 1 });
  await disk.makeDirectory(directory);
  await disk.open(`${directory}/node`, { create: 'must-be-new' });
  const error = await failsWith('identity-missing', readBirthRecord(disk, directory));
  assert.match(error.message, /although the directory holds node/);
});

test('what a file system keeps at its root is no sign of a lost identity', async () => {
  const disk = new FaultDisk({ seed: 1 });
  await disk.makeDirectory(directory);
  await disk.open(`${directory}/lost+found`, { create: 'must-be-new' });
  assert.equal(await readBirthRecord(disk, directory), undefined);
});

test('identities and names of clusters are drawn, valid and different', () => {
  const random = drawn(1);
  const identities = Array.from({ length: 200 }, () => drawIdentity(random, drawClusterName(random)));
  assert.ok(identities.every(({ member }) => Number.isSafeInteger(member) && member > 0));
  for (const part of ['cluster', 'member', 'log'] as const)
    assert.equal(new Set(identities.map((identity) => String(identity[part]))).size, 200);
  const zeros: Random = { uint32: () => 0, fill: () => undefined };
  assert.equal(drawIdentity(zeros, 'c').member, 1, 'never 0, which stands for nobody');
});
