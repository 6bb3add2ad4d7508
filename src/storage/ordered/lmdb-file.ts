/**
 * The file of a store on disk: how it comes to be, and how it is opened. It holds two databases of LMDB, the
 * entries and a little about them; a commit changes both in one transaction, so that entries and the index up
 * to which they were applied are never of different moments.
 *
 * A new file is made under another name and gets its own when it is whole: a crash before that leaves nothing
 * that would have to be understood.
 *
 * A file may be shorter than its pages. LMDB does not write a page that one transaction took and gave back, and
 * that may be the last one; but a file that was cut looks the same. So a store that is closed fills its file up,
 * and one that is found short is read whole before it is trusted. What is missing is made of zeros for that,
 * because reading behind the end of a file would end the process, and a second file remembers that the check
 * is due, because the first does not look short any more.
 */
import { ByteReader, ByteWriter, isQuorateError, QuorateError } from '../../base/index.ts';
import type { Disk, DiskFile } from '../../ports/index.ts';
import { damagedStore, lmdbFailure } from './lmdb-errors.ts';
import { readLmdbHeader } from './lmdb-header.ts';
import type { LmdbDatabase, LmdbModule, LmdbOpenOptions, LmdbRoot } from './lmdb-module.ts';
import { checksumBytes, type RecordSeal } from './record-seal.ts';

export interface LmdbFileOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly module: LmdbModule;
  readonly seal: RecordSeal;
  readonly mapBytes: number;
}

/** An open file, its directory held. */
export interface LmdbFile {
  readonly path: string;
  readonly root: LmdbRoot;
  readonly entries: LmdbDatabase;
  readonly about: LmdbDatabase;
  readonly appliedIndex: number;
  /** Bytes that can still be written where the file lies. */
  readonly freeBytes: () => Promise<number>;
  /** After the last commit. Gives the directory back. */
  readonly close: () => Promise<void>;
}

/** Snapshots that can be open at a time, and what the store itself needs. */
export const snapshotsMax = 250;
const readersMax = snapshotsMax + 6;

const fileName = 'state.mdb';
const newSuffix = '.new';
const uncheckedSuffix = '.unchecked';
/** LMDB keeps its table of readers in a file beside the data. */
const readersSuffix = '-lock';
const formatVersion = 1;
const formatName = 'quorate ordered store';
/** A new file is a few pages; with less room than this it is not begun. */
const roomBytesMin = 1_048_576;

const formatKey = textKey('format');
const appliedKey = textKey('applied');
const encoding = { keyEncoding: 'binary', encoding: 'binary' } as const;

/** Opens or makes the file in `directory`, which is this store's alone. */
export async function openLmdbFile(options: LmdbFileOptions): Promise<LmdbFile> {
  const { disk, directory } = options;
  await disk.makeDirectory(directory);
  const lock = await disk.lock(directory);
  try {
    const path = `${directory}/${fileName}`;
    const names = await disk.list(directory);
    for (const name of names) {
      if (name.startsWith(fileName + newSuffix)) await disk.remove(`${directory}/${name}`);
    }
    if (!names.includes(fileName)) await create(path, options);
    const isShort = await check(path, disk);
    const isUnchecked = isShort || names.includes(fileName + uncheckedSuffix);
    const databases = await openChecked(path, isUnchecked, options);
    if (isUnchecked) await disk.remove(path + uncheckedSuffix);
    const close = async (): Promise<void> => {
      await databases.root.close();
      await fillUp(path, disk);
      await lock.release();
    };
    return { ...databases, path, freeBytes: () => disk.freeBytes(directory), close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** What a commit writes first: a transaction that ends with it was cut off by a mistake in this program. */
export function beginApplied(about: LmdbDatabase): void {
  // Nobody waits for a single write: the batch that it is part of tells.
  void about.put(appliedKey, new Uint8Array(0));
}

/** What a commit writes last. */
export function writeApplied(about: LmdbDatabase, appliedIndex: number, seal: RecordSeal): void {
  void about.put(
    appliedKey,
    sealed(appliedKey, (writer) => writer.u64(appliedIndex), seal),
  );
}

/** The index that the file holds now. */
export function readApplied(about: LmdbDatabase, path: string, seal: RecordSeal): number {
  const record = opened(about, appliedKey, path, seal);
  if (record === undefined) throw damagedStore(path, 'it does not know up to which index it was applied');
  const reader = new ByteReader(record, 'applied index');
  const index = reader.u64();
  reader.end();
  return index;
}

async function create(path: string, { disk, module, seal, mapBytes }: LmdbFileOptions): Promise<void> {
  const free = await disk.freeBytes(path.slice(0, path.lastIndexOf('/')));
  if (free < roomBytesMin) {
    throw new QuorateError({
      code: 'disk-full',
      message: `create ${path}: only ${free} bytes are left there, and a new store needs ${roomBytesMin}; free some and try again`,
      data: { operation: 'create', path },
    });
  }
  const newPath = path + newSuffix;
  try {
    const root = module.open(openOptions(newPath, mapBytes));
    root.openDB('entries', encoding);
    const about = root.openDB('about', encoding) as LmdbDatabase;
    root.transactionSync(() => {
      const format = sealed(
        formatKey,
        (writer) => {
          writer.text(formatName);
          writer.u32(formatVersion);
        },
        seal,
      );
      void about.put(formatKey, format);
      writeApplied(about, 0, seal);
    });
    await root.close();
  } catch (cause) {
    throw lmdbFailure('create', path, cause);
  }
  await disk.rename(newPath, path);
  await disk.remove(newPath + readersSuffix);
}

/** Whether the file is shorter than its pages; throws where LMDB would end the process. */
async function check(path: string, disk: Disk): Promise<boolean> {
  // Made here if need be: LMDB cannot say that it may not.
  await (await disk.open(path + readersSuffix, { create: 'if-missing', durableName: false })).close();
  const file = await disk.open(path, { create: 'never' });
  try {
    const { neededBytes, fileBytes } = await readLmdbHeader(file, path);
    if (fileBytes >= neededBytes) return false;
    await (await disk.open(path + uncheckedSuffix, { create: 'if-missing' })).close();
    await file.truncate(neededBytes);
    return true;
  } finally {
    await file.close();
  }
}

/** Not when the disk is full or gone: then the next one to open the store looks closer. */
async function fillUp(path: string, disk: Disk): Promise<void> {
  let file: DiskFile | undefined;
  try {
    file = await disk.open(path, { create: 'never' });
    const { neededBytes, fileBytes } = await readLmdbHeader(file, path);
    if (fileBytes < neededBytes) await file.truncate(neededBytes);
  } catch (error) {
    if (!isQuorateError(error)) throw error;
  } finally {
    await file?.close();
  }
}

async function openChecked(
  path: string,
  isUnchecked: boolean,
  { module, seal, mapBytes }: LmdbFileOptions,
): Promise<Pick<LmdbFile, 'root' | 'entries' | 'about' | 'appliedIndex'>> {
  let root: LmdbRoot | undefined;
  try {
    root = module.open(openOptions(path, mapBytes));
    const entries = root.openDB('entries', { ...encoding, create: false });
    const about = root.openDB('about', { ...encoding, create: false });
    if (entries === undefined || about === undefined) {
      throw damagedStore(path, 'it is an LMDB file of another program');
    }
    checkFormat(about, path, seal);
    const appliedIndex = readApplied(about, path, seal);
    if (isUnchecked) checkEntries(entries, path, seal);
    return { root, entries, about, appliedIndex };
  } catch (error) {
    await root?.close();
    throw isQuorateError(error) ? error : lmdbFailure('open', path, error);
  }
}

function openOptions(path: string, mapBytes: number): LmdbOpenOptions {
  return {
    ...encoding,
    path,
    noSubdir: true,
    maxDbs: 4,
    maxReaders: readersMax,
    mapSize: mapBytes,
    // Data may hold secrets: only the user of the process reads it.
    permissionsMode: 0o600,
    // By default the package calls a transaction committed before it is on the disk.
    overlappingSync: false,
    // By default it opens a transaction around every turn; a failure of that would be a rejection that nobody hears.
    eventTurnBatching: false,
  };
}

function checkFormat(about: LmdbDatabase, path: string, seal: RecordSeal): void {
  const record = opened(about, formatKey, path, seal);
  if (record === undefined) throw damagedStore(path, 'it is an LMDB file of another program');
  const reader = new ByteReader(record, 'format of an ordered store');
  const name = reader.text();
  const version = reader.u32();
  if (name !== formatName) throw damagedStore(path, 'it is an LMDB file of another program');
  if (version > formatVersion) {
    throw new QuorateError({
      code: 'unsupported-format',
      message: `${path} was written in format ${version}, and this release reads up to ${formatVersion}; run a newer release`,
      data: { path, version, supported: formatVersion },
    });
  }
}

/** Reads all that there is. For a file that was cut: which of its pages are gone is seen in no other way. */
function checkEntries(entries: LmdbDatabase, path: string, seal: RecordSeal): void {
  const all = {
    start: undefined,
    end: undefined,
    reverse: false,
    exclusiveStart: false,
    inclusiveEnd: false,
  };
  for (const { key, value } of entries.getRange(all)) {
    if (!seal.holds(key, value)) throw damagedStore(path, 'it was cut short, and entries are lost');
  }
}

function sealed(key: Uint8Array, fill: (writer: ByteWriter) => void, seal: RecordSeal): Uint8Array {
  const writer = new ByteWriter(64);
  fill(writer);
  const { length } = writer.bytes();
  writer.u32(0);
  const record = writer.copy();
  seal.write(key, record, 0, length);
  return record;
}

function opened(
  about: LmdbDatabase,
  key: Uint8Array,
  path: string,
  seal: RecordSeal,
): Uint8Array | undefined {
  const found = about.getBinaryFast(key);
  if (found === undefined) return undefined;
  const record = new Uint8Array(found.buffer, found.byteOffset, about.lastSize).slice();
  if (!seal.holds(key, record)) {
    throw damagedStore(path, 'what it says about itself does not match its checksum');
  }
  return record.subarray(0, record.length - checksumBytes);
}

function textKey(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
