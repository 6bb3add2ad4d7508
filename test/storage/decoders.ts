/**
 * The decoders of `src/storage` for the fuzzer: headers and records one by one with checksums that fit, and whole
 * files as a disk that rots would give them back.
 */
import { ByteWriter, crc32 } from '../../src/base/index.ts';
import { emptyConfiguration, encodeConfiguration } from '../../src/raft/index.ts';
import { decodeBackupHeader, encodeBackupHeader } from '../../src/storage/backup/backup-format.ts';
import { BackupProof, MemoryDisk, readBackup, SnapshotFiles } from '../../src/storage/index.ts';
import {
  decodeFlushHeader,
  encodeFlushHeader,
  flushHeaderBytes,
} from '../../src/storage/log/flush-format.ts';
import {
  decodeChange,
  decodeRecordHeader,
  encodeRecordHeader,
  recordHeaderBytes,
} from '../../src/storage/log/record-format.ts';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  sectorBytes,
} from '../../src/storage/log/segment-format.ts';
import { readLmdbHeader } from '../../src/storage/ordered/lmdb-header.ts';
import { decodeHeader, encodeHeader } from '../../src/storage/snapshot/snapshot-format.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';
import { header as backupHeader, framesOf, tools } from './backup-fixture.ts';
import { append, directory, entries, openTestLog } from './log-fixture.ts';
import { mark, snapshotDirectory } from './snapshot-fixture.ts';

const seed = 5;
const place = { segment: 9, position: 4096, seed };

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function flushHeader(): Uint8Array {
  const bytes = new Uint8Array(flushHeaderBytes);
  const header = { sequence: 2 ** 40, segment: 9, position: 4096, bodyBytes: 100, records: 2 };
  const chain = { oldestSegment: 1, newestSegment: 9, previousCheck: 7, previousBodyBytes: 30 };
  encodeFlushHeader(bytes, viewOf(bytes), 0, { ...header, ...chain }, seed);
  return bytes;
}

function recordHeader(): Uint8Array {
  const bytes = new Uint8Array(recordHeaderBytes);
  const header = { payloadBytes: 40, payloadCheck: 3, group: 1, count: 2, first: 2 ** 40 };
  encodeRecordHeader(bytes, viewOf(bytes), 0, { type: 'entries', parts: 0, ...header }, seed);
  return bytes;
}

function segmentHeader(): Uint8Array {
  const bytes = new Uint8Array(sectorBytes);
  const header = { number: 9, capacityBytes: 1 << 20, firstSequence: 8, previousEnd: 512, previousCheck: 1 };
  encodeSegmentHeader(bytes, { identity: new Uint8Array(16).fill(7), ...header });
  return bytes;
}

/** All parts of a state record behind the byte that names them. */
function stateRecord(): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(0x1f);
  const configuration = encodeConfiguration(mark(5).configuration);
  for (let part = 0; part < 3; part += 1) {
    writer.u64(100);
    writer.u64(3);
    writer.u32(configuration.length);
    writer.raw(configuration);
  }
  for (const number of [7, 2, 90]) writer.u64(number);
  return writer.copy();
}

/** Two meta pages of an empty LMDB file. */
function lmdbHeader(): Uint8Array {
  const pageBytes = 512;
  const bytes = new Uint8Array(2 * pageBytes);
  const view = viewOf(bytes);
  for (const page of [0, pageBytes]) {
    view.setUint16(page + 18, 0x08, true);
    view.setUint32(page + 24, 0xbeefc0de, true);
    view.setUint32(page + 28, 2, true);
    view.setUint32(page + 48, pageBytes, true);
    for (const root of [88, 136]) view.setBigUint64(page + root, 0xffff_ffff_ffff_ffffn, true);
    view.setBigUint64(page + 144, 1n, true);
    view.setBigUint64(page + 152, page === 0 ? 1n : 2n, true);
  }
  return bytes;
}

interface StoredFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function diskWith(...files: readonly StoredFile[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const { path, bytes } of files) {
    await disk.makeDirectory(path.slice(0, path.lastIndexOf('/')));
    const file = await disk.open(path, { create: 'must-be-new' });
    await file.write(bytes, 0);
    await file.close();
  }
  return disk;
}

async function filesIn(disk: MemoryDisk, folder: string): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const name of await disk.list(folder)) {
    const path = `${folder}/${name}`;
    const file = await disk.open(path, { create: 'never' });
    const bytes = new Uint8Array(await file.size());
    await file.read(bytes, 0);
    await file.close();
    files.push({ path, bytes });
  }
  return files;
}

async function writtenLog(): Promise<readonly StoredFile[]> {
  const disk = new MemoryDisk();
  const { wal } = await openTestLog(disk);
  await append(wal, { group: 1, hardState: { term: 2, vote: 1, commit: 0 }, entries: entries(1, 3, 2, 40) });
  await append(wal, { group: 1, entries: entries(4, 5, 2, 300) }, { group: 2, entries: entries(1, 1, 1) });
  await wal.close();
  return await filesIn(disk, directory);
}

async function writtenSnapshot(): Promise<readonly StoredFile[]> {
  const disk = new MemoryDisk();
  const files = await SnapshotFiles.open({ disk, directory: snapshotDirectory });
  await files.write(1, mark(5), [Uint8Array.of(1, 2, 3), new Uint8Array(300)][Symbol.iterator]());
  return await filesIn(disk, snapshotDirectory);
}

const [firstSegment, ...segments] = (await writtenLog()) as [StoredFile, ...StoredFile[]];
const [snapshot] = (await writtenSnapshot()) as [StoredFile];

async function openDamagedLog(bytes: Uint8Array): Promise<void> {
  const { wal } = await openTestLog(await diskWith({ ...firstSegment, bytes }, ...segments), {
    create: false,
  });
  await wal.close();
}

async function readDamagedSnapshot(bytes: Uint8Array): Promise<void> {
  const disk = await diskWith({ ...snapshot, bytes });
  const files = await SnapshotFiles.open({ disk, directory: snapshotDirectory });
  for await (const chunk of files.read(1, mark(5))) void chunk;
}

/** Frames in the order in which they come, cut where they say that they end. */
function proveFrames(bytes: Uint8Array): void {
  const proof = new BackupProof('a stream', tools);
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? viewOf(bytes).getUint32(at, true) : 0;
    const end = length === 0 ? bytes.length : at + 8 + length;
    proof.accept(bytes.subarray(at, end));
    at = end;
  }
}

export const storageDecoders: readonly Decoder[] = [
  {
    name: 'storage/log/segment-format.ts decodeSegmentHeader',
    valid: () => [segmentHeader()],
    decode: (bytes) => decodeSegmentHeader(bytes, 9),
    refusals: [],
    reseal: (bytes) => {
      if (bytes.length >= 80) viewOf(bytes).setUint32(4, crc32(bytes.subarray(8, 80)), true);
    },
  },
  {
    name: 'storage/log/flush-format.ts decodeFlushHeader',
    valid: () => [flushHeader()],
    decode: (bytes) => {
      if (bytes.length >= flushHeaderBytes) decodeFlushHeader(bytes, viewOf(bytes), 0, place);
    },
    refusals: [],
    reseal: (bytes) => {
      if (bytes.length >= flushHeaderBytes)
        viewOf(bytes).setUint32(4, crc32(bytes.subarray(8, flushHeaderBytes), seed), true);
    },
  },
  {
    name: 'storage/log/record-format.ts decodeRecordHeader',
    valid: () => [recordHeader()],
    decode: (bytes) => {
      if (bytes.length >= recordHeaderBytes) decodeRecordHeader(bytes, viewOf(bytes), 0, seed);
    },
    refusals: [],
    reseal: (bytes) => {
      if (bytes.length >= recordHeaderBytes)
        viewOf(bytes).setUint32(0, crc32(bytes.subarray(4, recordHeaderBytes), seed), true);
    },
  },
  {
    name: 'storage/log/record-format.ts decodeChange',
    valid: () => [stateRecord()],
    decode: (bytes) => decodeChange(bytes.subarray(1), bytes[0] ?? 0),
    refusals: [...byteRefusals, 'unsupported-format'],
  },
  {
    name: 'storage/log/index.ts openLog',
    also: ['storage/log/entry-slice.ts decodeSlices'],
    valid: () => [firstSegment.bytes.slice()],
    decode: openDamagedLog,
    refusals: [...byteRefusals, 'log-damaged', 'unsupported-format', 'identity-mismatch'],
  },
  {
    name: 'storage/snapshot/snapshot-format.ts decodeHeader',
    valid: () => [
      encodeHeader(3, mark(2 ** 40, 7)),
      encodeHeader(0, { ...mark(1), configuration: emptyConfiguration }),
    ],
    decode: (bytes) => decodeHeader(bytes, 'a snapshot'),
    refusals: ['snapshot-damaged', 'unsupported-format'],
  },
  {
    name: 'storage/snapshot/snapshot-files.ts SnapshotFiles',
    valid: () => [snapshot.bytes.slice()],
    decode: readDamagedSnapshot,
    refusals: ['snapshot-damaged', 'unsupported-format'],
  },
  {
    name: 'storage/ordered/lmdb-header.ts readLmdbHeader',
    valid: () => [lmdbHeader()],
    decode: async (bytes) => {
      const disk = await diskWith({ path: 'data/store', bytes });
      await readLmdbHeader(await disk.open('data/store', { create: 'never' }), 'data/store');
    },
    refusals: ['ordered-store-damaged', 'unsupported-format'],
  },
  {
    name: 'storage/backup/backup-format.ts decodeBackupHeader',
    valid: () => [encodeBackupHeader(backupHeader)],
    decode: (bytes) => decodeBackupHeader(bytes, 'a backup'),
    refusals: ['backup-damaged', 'unsupported-format'],
  },
  {
    name: 'storage/backup/backup-frames.ts BackupProof',
    valid: () => [Buffer.concat(framesOf([new Uint8Array(40), Uint8Array.of(1, 2, 3)]))],
    decode: proveFrames,
    refusals: ['backup-damaged', 'unsupported-format'],
  },
  {
    name: 'storage/backup/backup-file.ts readBackup',
    valid: () => [Buffer.concat(framesOf([new Uint8Array(40)]))],
    decode: async (bytes) => {
      const disk = await diskWith({ path: 'data/backup', bytes });
      for await (const part of readBackup({ disk, path: 'data/backup', ...tools })) void part;
    },
    refusals: ['backup-damaged', 'unsupported-format'],
  },
];
