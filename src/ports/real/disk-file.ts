/**
 * An open file on Node. Writes take one trip through the thread pool and one promise; on a file opened with
 * `O_DSYNC` the same trip makes them durable.
 *
 * Durable work (syncs, and writes of a durable file) is done one after another. Linux reports a failed
 * write-back once per descriptor: of two syncs that overlap, the first to look takes the error and the other
 * hears of success, although its own bytes may be the lost ones. In sequence, the failure is known before the
 * next one starts, and the file is poisoned by then.
 */
import { assert, type QuorateError } from '../../base/index.ts';
import type { DiskFile } from '../index.ts';
import type { DiskCalls } from './disk-calls.ts';
import { closedFile, diskError, diskFailure, poisonedFile } from './disk-errors.ts';
import { Turns } from './disk-turns.ts';

export interface RealDiskFileInit {
  readonly calls: DiskCalls;
  readonly descriptor: number;
  readonly path: string;
  /** How a write becomes durable: not at all, by the descriptor's `O_DSYNC`, or by a `fdatasync` behind it. */
  readonly durability: WriteDurability;
}

export type WriteDurability = 'none' | 'descriptor' | 'fdatasync';

type Resolve<T> = (value: T) => void;
type Reject = (error: QuorateError) => void;
type CallDone = (error: NodeJS.ErrnoException | null) => void;

/** Most bytes given to one call; Node's own limit is 2 GiB - 1. */
const callBytesMax = 2 ** 30;

export class RealDiskFile implements DiskFile {
  readonly #calls: DiskCalls;
  readonly #descriptor: number;
  readonly #path: string;
  readonly #durability: WriteDurability;
  readonly #durableTurns = new Turns();
  /** The sync that waits for its turn; it serves everyone who asks before it starts. */
  #syncToCome: Promise<void> | undefined;
  #truncatedSinceSync = false;
  #appendUnderWay = false;
  #operationsUnderWay = 0;
  #poison: QuorateError<'disk-failed'> | undefined;
  #closing: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(init: RealDiskFileInit) {
    this.#calls = init.calls;
    this.#descriptor = init.descriptor;
    this.#path = init.path;
    this.#durability = init.durability;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    assertPosition(position);
    return this.#perform<number>('read', (resolve, reject) => {
      let filled = 0;
      const more = (): void => {
        const length = Math.min(into.length - filled, callBytesMax);
        this.#calls.read(this.#descriptor, into, filled, length, position + filled, afterCall);
      };
      const afterCall = (error: NodeJS.ErrnoException | null, count: number): void => {
        if (error !== null) {
          reject(diskError('read', this.#path, error));
          return;
        }
        filled += count;
        if (count === 0 || filled === into.length) resolve(filled);
        else more();
      };
      more();
    });
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    assertPosition(position);
    return this.#perform<void>('write', (resolve, reject) => {
      if (this.#durability === 'none') {
        this.#writeAll(bytes, position, (error) => {
          if (error === null) resolve();
          else reject(diskError('write', this.#path, error));
        });
      } else {
        this.#inTurn('write', resolve, reject, (done) => this.#writeDurably(bytes, position, done));
      }
    });
  }

  writeNow(bytes: Uint8Array, position: number): void {
    assertPosition(position);
    const refusal = this.#refusal('write');
    if (refusal !== undefined) throw refusal;
    const durable = this.#durability !== 'none';
    assert(
      !(durable && this.#durableTurns.busy),
      `${this.#path}: a write now while durable work is under way`,
    );
    try {
      this.#writeAllNow(bytes, position);
    } catch (cause) {
      throw durable ? this.#failedDurableWrite(cause) : diskError('write', this.#path, cause);
    }
    if (this.#durability === 'fdatasync') this.#syncNow();
  }

  async append(bytes: Uint8Array): Promise<number> {
    assert(!this.#appendUnderWay, `${this.#path}: two appends at a time`);
    this.#appendUnderWay = true;
    try {
      const position = await this.size();
      await this.write(bytes, position);
      return position;
    } finally {
      this.#appendUnderWay = false;
    }
  }

  sync(): Promise<void> {
    if (this.#syncToCome !== undefined) return this.#syncToCome;
    const mustWait = this.#durableTurns.busy;
    const synced = this.#perform<void>('sync', (resolve, reject) => {
      this.#inTurn('sync', resolve, reject, (done) => {
        this.#syncToCome = undefined;
        this.#syncDescriptor(done);
      });
    });
    if (mustWait) this.#syncToCome = synced;
    return synced;
  }

  truncate(length: number): Promise<void> {
    assertPosition(length);
    return this.#perform<void>('truncate', (resolve, reject) => {
      this.#calls.ftruncate(this.#descriptor, length, (error) => {
        if (error === null) {
          this.#truncatedSinceSync = true;
          resolve();
        } else {
          reject(diskError('truncate', this.#path, error));
        }
      });
    });
  }

  size(): Promise<number> {
    return this.#perform<number>('size', (resolve, reject) => {
      this.#calls.fstat(this.#descriptor, (error, stats) => {
        if (error === null) resolve(stats.size);
        else reject(diskError('size', this.#path, error));
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      this.#whenIdle = () => {
        this.#calls.close(this.#descriptor, (error) => {
          if (error === null) resolve();
          else reject(diskError('close', this.#path, error));
        });
      };
      if (this.#operationsUnderWay === 0) this.#whenIdle();
    });
    return this.#closing;
  }

  /** Refuses on a closed or poisoned file; else counts the operation, so that `close` waits for it. */
  #perform<T>(operation: string, start: (resolve: Resolve<T>, reject: Reject) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const refusal = this.#refusal(operation);
      if (refusal !== undefined) return reject(refusal);
      this.#operationsUnderWay += 1;
      start(
        (value) => {
          resolve(value);
          this.#leave();
        },
        (error) => {
          reject(error);
          this.#leave();
        },
      );
    });
  }

  #leave(): void {
    this.#operationsUnderWay -= 1;
    if (this.#operationsUnderWay === 0) this.#whenIdle?.();
  }

  #refusal(operation: string): QuorateError | undefined {
    if (this.#closing !== undefined) return closedFile(this.#path);
    return this.#poisoned(operation);
  }

  #poisoned(operation: string): QuorateError | undefined {
    if (this.#poison === undefined) return undefined;
    return poisonedFile(operation, this.#path, this.#poison);
  }

  /** Runs durable work when what came before it is done, and refuses it when that has poisoned the file. */
  #inTurn(
    operation: string,
    resolve: Resolve<void>,
    reject: Reject,
    work: (done: (failure?: QuorateError) => void) => void,
  ): void {
    this.#durableTurns.take((next) => {
      const finish = (failure?: QuorateError): void => {
        if (failure === undefined) resolve();
        else reject(failure);
        next();
      };
      const poisoned = this.#poisoned(operation);
      if (poisoned === undefined) work(finish);
      else finish(poisoned);
    });
  }

  #writeDurably(bytes: Uint8Array, position: number, done: (failure?: QuorateError) => void): void {
    this.#writeAll(bytes, position, (error) => {
      if (error !== null) done(this.#failedDurableWrite(error));
      else if (this.#durability === 'descriptor') done();
      else this.#syncDescriptor(done);
    });
  }

  /** The system may take less than it was given; the rest is given again until all is there or refused. */
  #writeAll(bytes: Uint8Array, position: number, done: CallDone): void {
    let written = 0;
    const more = (): void => {
      const length = Math.min(bytes.length - written, callBytesMax);
      this.#calls.write(this.#descriptor, bytes, written, length, position + written, afterCall);
    };
    const afterCall = (error: NodeJS.ErrnoException | null, count: number): void => {
      written += count;
      if (error !== null || written === bytes.length) done(error);
      else if (count === 0) done(takenNothing());
      else more();
    };
    more();
  }

  #writeAllNow(bytes: Uint8Array, position: number): void {
    for (let written = 0; written < bytes.length; ) {
      const length = Math.min(bytes.length - written, callBytesMax);
      const count = this.#calls.writeSync(this.#descriptor, bytes, written, length, position + written);
      if (count === 0) throw takenNothing();
      written += count;
    }
  }

  /** `O_DSYNC` does not say whether the write failed or its sync; only lack of space is known to come before the sync. */
  #failedDurableWrite(cause: unknown): QuorateError {
    const failure = diskError('write', this.#path, cause);
    if (failure.code === 'disk-full' || this.#durability === 'fdatasync') return failure;
    return this.#poisonBy('write', cause);
  }

  /**
   * `fdatasync` covers every length that is needed to read what was written, but POSIX does not promise that
   * it covers a file that became shorter; after `truncate` the whole inode is synced.
   */
  #syncDescriptor(done: (failure?: QuorateError) => void): void {
    const afterCall: CallDone = (error) => done(error === null ? undefined : this.#poisonBy('sync', error));
    if (this.#truncatedSinceSync) {
      this.#truncatedSinceSync = false;
      this.#calls.fsync(this.#descriptor, afterCall);
    } else {
      this.#calls.fdatasync(this.#descriptor, afterCall);
    }
  }

  #syncNow(): void {
    try {
      this.#calls.fdatasyncSync(this.#descriptor);
    } catch (cause) {
      throw this.#poisonBy('sync', cause);
    }
  }

  #poisonBy(operation: string, cause: unknown): QuorateError<'disk-failed'> {
    const failure = diskFailure(operation, this.#path, cause);
    this.#poison ??= failure;
    return failure;
  }
}

function takenNothing(): NodeJS.ErrnoException {
  return Object.assign(new Error('the system took none of the bytes and gave no reason'), { code: 'EIO' });
}

function assertPosition(position: number): void {
  assert(Number.isSafeInteger(position) && position >= 0, `a place in a file, not ${position}`);
}
