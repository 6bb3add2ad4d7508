/**
 * Reads from the LMDB file. What LMDB hands out lies in one buffer that its next read overwrites, so values
 * are copied once more, into room that is used again after the next write: until then the port lets a caller
 * keep any number of views.
 */
import type { OrderedRange } from '../../ports/index.ts';
import { damagedStore, lmdbFailure } from './lmdb-errors.ts';
import type { LmdbDatabase, LmdbEntry, LmdbRangeOptions, LmdbTransaction } from './lmdb-module.ts';
import type { LayerCursor } from './merged-cursor.ts';
import { checksumBytes, type RecordSeal } from './record-seal.ts';

/** Longest key that the file can hold. Searching for a longer one would fail instead of finding nothing. */
export const keyBytesMax = 1_900;

const slabBytes = 65_536;
/** A longer value has a buffer of its own. */
const slabValueBytesMax = 8_192;

export interface LmdbReaderOptions {
  readonly database: LmdbDatabase;
  readonly path: string;
  readonly seal: RecordSeal;
  /** Hears of each failed read before it throws. */
  readonly onFailure: (error: Error) => void;
}

export class LmdbReader {
  readonly #database: LmdbDatabase;
  readonly #path: string;
  readonly #seal: RecordSeal;
  readonly #onFailure: (error: Error) => void;
  #slab: Uint8Array = new Uint8Array(slabBytes);
  #slabUsed = 0;

  constructor(options: LmdbReaderOptions) {
    this.#database = options.database;
    this.#path = options.path;
    this.#seal = options.seal;
    this.#onFailure = options.onFailure;
  }

  /** The value of `key` now, or as `transaction` sees it: a view, valid until `forgetViews`. */
  get(key: Uint8Array, transaction?: LmdbTransaction): Uint8Array | undefined {
    if (key.length === 0 || key.length > keyBytesMax) return undefined;
    let found: Uint8Array | undefined;
    try {
      found = this.#database.getBinaryFast(key, transaction === undefined ? undefined : { transaction });
    } catch (cause) {
      throw this.failed(cause);
    }
    if (found === undefined) return undefined;
    // The buffer's own `length` is a property that LMDB's package sets; the view ignores it.
    const stored = new Uint8Array(found.buffer, found.byteOffset, this.#database.lastSize);
    return this.#keep(this.opened(key, stored));
  }

  scan(range: OrderedRange, transaction?: LmdbTransaction): LayerCursor {
    const options = rangeOptions(range, transaction);
    if (options === undefined) return nothing;
    try {
      return new LmdbCursor(this, this.#database.getRange(options)[Symbol.iterator]());
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  /** The store was written to: the views handed out before are no longer anyone's. */
  forgetViews(): void {
    this.#slabUsed = 0;
  }

  /** The value without its checksum, if that is right. */
  opened(key: Uint8Array, stored: Uint8Array): Uint8Array {
    if (this.#seal.holds(key, stored)) return stored.subarray(0, stored.length - checksumBytes);
    const error = damagedStore(this.#path, `the value of key ${shown(key)} does not match its checksum`);
    this.#onFailure(error);
    throw error;
  }

  failed(cause: unknown): Error {
    const error = lmdbFailure('read', this.#path, cause);
    this.#onFailure(error);
    return error;
  }

  #keep(value: Uint8Array): Uint8Array {
    if (value.length > slabValueBytesMax) return value.slice();
    if (this.#slabUsed + value.length > slabBytes) {
      this.#slab = new Uint8Array(slabBytes);
      this.#slabUsed = 0;
    }
    const at = this.#slabUsed;
    this.#slab.set(value, at);
    this.#slabUsed = at + value.length;
    return this.#slab.subarray(at, this.#slabUsed);
  }
}

class LmdbCursor implements LayerCursor {
  readonly #reader: LmdbReader;
  readonly #iterator: Iterator<LmdbEntry>;
  #key: Uint8Array = new Uint8Array(0);
  #stored: Uint8Array | undefined;
  #value: Uint8Array | undefined;

  constructor(reader: LmdbReader, iterator: Iterator<LmdbEntry>) {
    this.#reader = reader;
    this.#iterator = iterator;
  }

  get key(): Uint8Array {
    return this.#key;
  }

  /** Looked at only when it is wanted: a cursor that counts keys need not compute checksums. */
  get value(): Uint8Array {
    this.#value ??= this.#reader.opened(this.#key, this.#stored as Uint8Array);
    return this.#value;
  }

  next(): boolean {
    this.#value = undefined;
    try {
      const step = this.#iterator.next();
      if (step.done === true) return false;
      this.#key = plain(step.value.key);
      this.#stored = plain(step.value.value);
      return true;
    } catch (cause) {
      throw this.#reader.failed(cause);
    }
  }

  close(): void {
    this.#iterator.return?.();
  }
}

/** The cursor of a range that cannot have entries. */
const nothing: LayerCursor = {
  key: new Uint8Array(0),
  value: undefined,
  next: () => false,
  close: () => undefined,
};

/**
 * The range in LMDB's terms: its start is where the walk begins, in either direction. A bound that is longer
 * than any key is cut to what a key can be; a key equal to the cut bound comes before the bound. Undefined: no
 * entry can be in the range.
 */
function rangeOptions(range: OrderedRange, transaction?: LmdbTransaction): LmdbRangeOptions | undefined {
  const { end } = range;
  if (end?.length === 0) return undefined;
  const least = range.start === undefined || range.start.length === 0 ? undefined : cut(range.start);
  const above = end === undefined ? undefined : cut(end);
  const isLeastCut = least !== undefined && least !== range.start;
  const isAboveCut = above !== end;
  const reverse = range.reverse === true;
  return {
    start: reverse ? above : least,
    end: reverse ? least : above,
    reverse,
    exclusiveStart: reverse ? above !== undefined && !isAboveCut : isLeastCut,
    inclusiveEnd: reverse ? !isLeastCut : isAboveCut,
    ...(transaction === undefined ? {} : { transaction }),
  };
}

function cut(bound: Uint8Array): Uint8Array {
  return bound.length <= keyBytesMax ? bound : bound.subarray(0, keyBytesMax);
}

/** The package hands out buffers, whose `slice` does not copy. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** A key in an error message: its first bytes as hexadecimal digits. */
function shown(key: Uint8Array): string {
  const digits = [...key.subarray(0, 32)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return key.length > 32 ? `${digits}… (${key.length} bytes)` : digits;
}
