/**
 * The disk. What is written survives a crash only after `sync` (or a write to a file opened with
 * `durableWrites`) has resolved; before that a crash may keep all of it, none of it, or any torn part.
 * File names become durable with their directory: `rename`, `remove` and a creating `open` of this port
 * sync the directory before they resolve, because forgetting it is a bug that every database has had once.
 *
 * Operations on one file may overlap; their order is not promised, so the caller waits where order matters.
 * Failures are `disk-full`, `not-found`, `already-exists`, `in-use` and `disk-failed`. After a failed `sync`
 * nothing is known about what was written since the last good one, and a second `sync` proves nothing:
 * the owner must stop using the file.
 */

export interface Disk {
  /** Opens a file for reading and writing. */
  open(path: string, options: OpenOptions): Promise<DiskFile>;

  /** Replaces `to` by `from` atomically and durably; both lie in one directory. */
  rename(from: string, to: string): Promise<void>;

  /** Removes a file, durably. `not-found` when there is none. */
  remove(path: string): Promise<void>;

  /** The names in a directory, sorted by code unit; directories included. `not-found` when there is none. */
  list(path: string): Promise<readonly string[]>;

  /** Makes a directory and its missing parents, durably. Harmless when it exists. */
  makeDirectory(path: string): Promise<void>;

  /** Bytes that can still be written where `path` lies. */
  freeBytes(path: string): Promise<number>;

  /**
   * Holds a directory against other processes until released, or until this process ends in any way.
   * `in-use` when another holds it, naming it where it can be known.
   */
  lock(path: string): Promise<DiskLock>;
}

export interface OpenOptions {
  /** `never`: must exist. `if-missing`: made when absent. `must-be-new`: `already-exists` otherwise. */
  readonly create: 'never' | 'if-missing' | 'must-be-new';
  /** True: a write resolves only when its bytes, and the size they need, are durable. Default false. */
  readonly durableWrites?: boolean;
}

export interface DiskFile {
  /** Reads up to `into.length` bytes from `position`; resolves to their number, below the length only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;

  /** Writes all of `bytes` at `position`; a gap before it reads as zeros. The caller leaves `bytes` alone until it resolves. */
  write(bytes: Uint8Array, position: number): Promise<void>;

  /** The same, done before it returns. Blocks the event loop: for small writes on disks that were measured to be fast. */
  writeNow(bytes: Uint8Array, position: number): void;

  /** Writes all of `bytes` behind the end; resolves to the position where they begin. One append at a time. */
  append(bytes: Uint8Array): Promise<number>;

  /** Makes everything that was written and resolved before this call durable. */
  sync(): Promise<void>;

  /** Cuts or lengthens the file with zeros to `length` bytes; durable after `sync`. */
  truncate(length: number): Promise<void>;

  /** The length in bytes. */
  size(): Promise<number>;

  /** Waits for operations under way, then gives the file back. May be called twice. Does not sync. */
  close(): Promise<void>;
}

export interface DiskLock {
  /** May be called twice. */
  release(): Promise<void>;
}
