/**
 * Commits of a store on disk, one transaction after the other. LMDB has one writer, so a second transaction
 * under way would only wait inside of it, and after a failed one it would not even be told; the ones behind
 * wait here instead, and fail with the first that fails: what follows a hole must not be acknowledged.
 *
 * The entries are handed to LMDB's own thread: what this thread pays is a few hundred nanoseconds an entry, in
 * the turn in which a transaction begins. A commit of very many entries so blocks the event loop for a while;
 * whoever commits often does not notice.
 */
import { AssertionFailure, assert, isQuorateError } from '../../base/index.ts';
import { lmdbFailure } from './lmdb-errors.ts';
import { beginApplied, type LmdbFile, readApplied, writeApplied } from './lmdb-file.ts';
import { type Overlay, storedIn } from './overlay.ts';
import type { RecordSeal } from './record-seal.ts';

interface Commit {
  readonly overlay: Overlay;
  readonly appliedIndex: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface LmdbCommitsOptions {
  readonly file: LmdbFile;
  readonly seal: RecordSeal;
  /** The file holds what `overlay` held, and is applied up to the index. */
  readonly onDurable: (overlay: Overlay, appliedIndex: number) => void;
  readonly onFailure: (error: Error) => void;
  /** A commit that found the disk full is tried again when this resolves. Absent: it fails. */
  readonly whenFull: ((error: Error) => Promise<void>) | undefined;
}

export class LmdbCommits {
  readonly #file: LmdbFile;
  readonly #seal: RecordSeal;
  readonly #onDurable: (overlay: Overlay, appliedIndex: number) => void;
  readonly #onFailure: (error: Error) => void;
  readonly #whenFull: ((error: Error) => Promise<void>) | undefined;
  /** Oldest first; the first is being written. */
  readonly #waiting: Commit[] = [];
  #idle: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(options: LmdbCommitsOptions) {
    this.#file = options.file;
    this.#seal = options.seal;
    this.#onDurable = options.onDurable;
    this.#onFailure = options.onFailure;
    this.#whenFull = options.whenFull;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Resolves when all commits have ended, well or not. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** Takes over the caller's use of `overlay`, which nobody changes any more. */
  add(overlay: Overlay, appliedIndex: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ overlay, appliedIndex, resolve, reject });
      if (!this.#isWriting) this.#idle = this.#writeAll();
    });
  }

  /** Never rejects: each commit hears of its own fate. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let commit = this.#waiting[0]; commit !== undefined; commit = this.#waiting[0]) {
      try {
        await this.#writeWithRoom(commit);
      } catch (error) {
        this.#fail(error as Error);
        break;
      }
      this.#waiting.shift();
      this.#onDurable(commit.overlay, commit.appliedIndex);
      commit.resolve();
    }
    this.#isWriting = false;
  }

  /** A transaction that the disk has no room for changes nothing, and its writes are still in memory: it can wait. */
  async #writeWithRoom(commit: Commit): Promise<void> {
    while (true) {
      try {
        await this.#write(commit);
        return;
      } catch (cause) {
        const error = await this.#errorOf(cause);
        const isFull = isQuorateError(error) && error.code === 'disk-full';
        if (!isFull || this.#whenFull === undefined) throw error;
        await this.#whenFull(error);
      }
    }
  }

  async #write({ overlay, appliedIndex }: Commit): Promise<void> {
    const { entries, about, path } = this.#file;
    await entries.batch(() => {
      beginApplied(about);
      const cursor = overlay.scan({});
      while (cursor.next()) {
        const stored = storedIn(cursor.value);
        // Nobody waits for a single write: the batch tells.
        if (stored === undefined) void entries.remove(cursor.key);
        else void entries.put(cursor.key, stored);
      }
      writeApplied(about, appliedIndex, this.#seal);
    });
    // The overlay may go only when reads see what is below it.
    const seen = readApplied(about, path, this.#seal);
    assert(seen === appliedIndex, 'reads behind a commit see what was committed');
  }

  #fail(error: Error): void {
    this.#onFailure(error);
    for (const { overlay, reject } of this.#waiting.splice(0)) {
      overlay.release();
      reject(error);
    }
  }

  async #errorOf(cause: unknown): Promise<Error> {
    if (isQuorateError(cause) || cause instanceof AssertionFailure) return cause;
    const reason = await reasonOf(cause);
    const freeBytes = await this.#file.freeBytes().catch(() => undefined);
    return lmdbFailure('commit', this.#file.path, reason, freeBytes);
  }
}

/** The package rejects with an error that holds a promise of the reason. */
async function reasonOf(cause: unknown): Promise<unknown> {
  if (!(cause instanceof Error && 'commitError' in cause)) return cause;
  try {
    await cause.commitError;
    return cause;
  } catch (reason) {
    return reason;
  }
}
