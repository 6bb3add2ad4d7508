/**
 * The npm package `lmdb` as this store uses it, and how it is found. It is native code, so it is loaded when
 * the first such store is opened and not before: whoever imports the consensus core or the simulator needs no
 * compiler and no matching binary.
 *
 * The types here are the part of its interface that the store leans on. They are written down because much of
 * it is thinly documented; the conformance suite is what holds a new version to them.
 */
import { QuorateError } from '../../base/index.ts';

export interface LmdbModule {
  open(options: LmdbOpenOptions): LmdbRoot;
}

export interface LmdbOpenOptions extends LmdbDatabaseOptions {
  readonly path: string;
  readonly noSubdir: boolean;
  readonly maxDbs: number;
  readonly maxReaders: number;
  readonly mapSize: number;
  readonly permissionsMode: number;
  readonly overlappingSync: boolean;
  readonly eventTurnBatching: boolean;
}

interface LmdbDatabaseOptions {
  readonly keyEncoding: 'binary';
  readonly encoding: 'binary';
  readonly create?: boolean;
}

export interface LmdbDatabase {
  /** The length of what `getBinaryFast` found last. */
  readonly lastSize: number;

  /** A buffer that the next read overwrites, longer than the value. */
  getBinaryFast(key: Uint8Array, options?: LmdbReadOptions): Uint8Array | undefined;
  getRange(options: LmdbRangeOptions): Iterable<LmdbEntry>;
  put(key: Uint8Array, value: Uint8Array): Promise<boolean>;
  remove(key: Uint8Array): Promise<boolean>;

  /** One transaction of all that `action` puts and removes, in any database of the file. Resolves when it is committed. */
  batch(action: () => void): Promise<boolean>;
}

export interface LmdbRoot extends LmdbDatabase {
  openDB(name: string, options: LmdbDatabaseOptions): LmdbDatabase | undefined;
  /** The transaction of the current turn's reads, kept as it is until `done`. */
  useReadTransaction(): LmdbTransaction;
  transactionSync(action: () => void): void;
  close(): Promise<void>;
}

export interface LmdbTransaction {
  done(): void;
}

interface LmdbReadOptions {
  readonly transaction?: LmdbTransaction;
}

export interface LmdbRangeOptions extends LmdbReadOptions {
  /** Where the walk begins and where it ends, in its direction. `undefined` must be said: an absent one has another meaning. */
  readonly start: Uint8Array | undefined;
  readonly end: Uint8Array | undefined;
  readonly reverse: boolean;
  readonly exclusiveStart: boolean;
  readonly inclusiveEnd: boolean;
}

export interface LmdbEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The package, or an error that says how to get it. `load` is for tests. */
export async function loadLmdb(load: () => Promise<unknown> = () => import('lmdb')): Promise<LmdbModule> {
  try {
    return (await load()) as LmdbModule;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): QuorateError<'package-unavailable'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'package-unavailable',
    message:
      `the package lmdb, which keeps a store on disk, cannot be loaded: ${reason}; run \`npm install lmdb\` ` +
      'on this machine without leaving out optional packages, or keep the store in memory',
    data: { package: 'lmdb', reason },
    cause,
  });
}
