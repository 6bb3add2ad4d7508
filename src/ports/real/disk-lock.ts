/**
 * Holds a directory against other processes. The lock must go with its holder however that dies, so only the
 * kernel can keep it; but Node has no call for file locks. SQLite, which is part of Node, takes POSIX record
 * locks on its database file, and an exclusive transaction that is never committed on an empty database is
 * just such a lock: nothing is written, the kernel drops it with the process, it works across containers that
 * share a volume, across machines where the file system supports locks, and on every platform alike.
 *
 * Two other ways were weighed. A file with the holder's process number needs a judgement about whether that
 * process still lives: numbers are reused, mean nothing in another container, and two starters that both find
 * the file stale can remove each other's. A unix-domain socket in the directory tells the living from the dead
 * by `connect`, but not every file system takes sockets, paths are limited to 107 bytes, and on a network file
 * system every other machine sees a dead socket and would enter. (An abstract socket is worse: it belongs to a
 * network namespace, not to the directory.)
 *
 * Two things to know. POSIX locks belong to the process: if anything in it opens and closes the lock file by
 * another way, they are gone; so nothing here reads that file, and the holder's name lies in a second one.
 * And a process number appears only in that name, which is read by people; no decision rests on it.
 */
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { QuorateError } from '../../base/index.ts';
import type { DiskLock } from '../index.ts';
import { diskError } from './disk-errors.ts';

const lockName = '.lock';
const holderName = '.lock-holder';

/** What a lock leaves in its directory. The files stay after a release: removing them would let two processes lock two files. */
export const lockFileNames: ReadonlySet<string> = new Set([lockName, holderName]);

/** An open database is closed when it is collected; this keeps the lock of a caller who drops its handle. */
const held = new Set<DatabaseSync>();

/** SQLite's primary result code for a lock that another connection holds. */
const sqliteBusy = 5;

/** Takes the lock or throws; `directory` exists. */
export function lockDirectory(directory: string): DiskLock {
  const database = holdExclusively(directory);
  held.add(database);
  writeHolder(directory);
  return {
    release: async () => {
      if (!held.delete(database)) return;
      rmSync(join(directory, holderName), { force: true });
      database.close();
    },
  };
}

function holdExclusively(directory: string): DatabaseSync {
  const sqlite = loadSqlite(directory);
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(join(directory, lockName));
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    throw lockError(directory, cause);
  }
}

/** Node before 24.15 warns that SQLite is experimental. That is for us to know, not for the operator of a node. */
function loadSqlite(directory: string): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    const sqlite = process.getBuiltinModule('node:sqlite');
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw diskError('lock', directory, new Error('this Node was built or started without its SQLite module'));
}

function lockError(directory: string, cause: unknown): QuorateError {
  if (primaryCode(cause) === sqliteBusy) {
    const holder = readHolder(directory);
    return new QuorateError({
      code: 'in-use',
      message: `the directory ${directory} is held by ${holder}; stop it, or choose another directory`,
      data: { what: directory, holder },
      cause,
    });
  }
  // SQLite says only that it could not open its file; the system says why.
  try {
    accessSync(directory, constants.W_OK);
  } catch (denied) {
    return diskError('lock', directory, denied);
  }
  return diskError('lock', directory, cause);
}

function primaryCode(cause: unknown): number {
  if (!(cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number')) return 0;
  return cause.errcode & 0xff;
}

/** A name is a courtesy: a disk too full for it is no reason to refuse the lock. */
function writeHolder(directory: string): void {
  const record = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    writeFileSync(join(directory, holderName), JSON.stringify(record));
  } catch {
    rmSync(join(directory, holderName), { force: true });
  }
}

/** Read in the moment between another's lock and its record, this may name the holder before; the next look is right. */
function readHolder(directory: string): string {
  try {
    const record: unknown = JSON.parse(readFileSync(join(directory, holderName), 'utf8'));
    if (isHolderRecord(record)) return `process ${record.pid} on ${record.host} since ${record.since}`;
  } catch {
    // No record, or one that is being written.
  }
  return 'another process';
}

function isHolderRecord(value: unknown): value is { pid: number; host: string; since: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, since } = value as Partial<Record<string, unknown>>;
  return typeof pid === 'number' && typeof host === 'string' && typeof since === 'string';
}
