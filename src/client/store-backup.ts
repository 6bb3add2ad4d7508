/**
 * A backup on its way to whoever keeps it: an async iterable of its bytes, for a file, a pipe or a bucket. Each frame
 * is proved before it is handed on, and the last one proves that they were all; so an iteration that ends by itself
 * has brought a whole backup, and one that throws has not. Some frames are asked for ahead of their use, so that
 * the network and the reader work at the same time, and no more than that ever waits in memory.
 */
import { crc32, Deque, invalidOption, isQuorateError, QuorateError, untilAborted } from '../base/index.ts';
import type { Checksum } from '../net/index.ts';
import type { Cryptography } from '../ports/index.ts';
import { type BackupHeader, BackupProof, type BackupSummary } from '../storage/index.ts';
import type { CallOptions } from './call-options.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { NodeBackup } from './node-backup.ts';

export interface BeginBackupOptions {
  readonly client: ClusterClient;
  readonly group: number;
  readonly cryptography: Cryptography | undefined;
  readonly checksum: Checksum | undefined;
  readonly call: CallOptions;
}

const framesAhead = 4;
/** What stands for its path in errors. */
const name = 'what a node sent';

export async function beginBackup(options: BeginBackupOptions): Promise<StoreBackup> {
  const { client, group, cryptography, checksum = crc32, call } = options;
  if (cryptography === undefined)
    throw invalidOption('cryptography', undefined, 'given to the store: it proves a backup');
  const source = await client.backup(group, call);
  try {
    const proof = new BackupProof(name, { cryptography, checksum });
    const first = proof.accept(source.firstFrame);
    if (first.kind !== 'header') throw new TypeError(`a backup began with ${first.kind}`);
    return new StoreBackup({ source, proof, header: first.header, signal: call.signal });
  } catch (error) {
    source.close();
    throw error;
  }
}

interface Parts {
  readonly source: NodeBackup;
  readonly proof: BackupProof;
  readonly header: BackupHeader;
  readonly signal: AbortSignal | undefined;
}

export class StoreBackup implements AsyncIterable<Uint8Array>, Disposable {
  /** The cluster that it is of. */
  readonly cluster: string;
  /** The state is that of this revision: the newest when the backup began, or a newer one. */
  readonly revision: number;
  /** About how many bytes will come. */
  readonly bytesAbout: number;
  readonly #parts: Parts;
  readonly #asked = new Deque<Promise<Uint8Array>>();
  #summary: BackupSummary | undefined;
  #isBegun = false;
  #isClosed = false;

  constructor(parts: Parts) {
    const { cluster, revision, bytesAbout } = parts.header;
    this.#parts = parts;
    this.cluster = cluster;
    this.revision = revision;
    this.bytesAbout = bytesAbout;
  }

  /** Its length and its digest, by which it can be told from others; present when all of it was read. */
  get summary(): BackupSummary | undefined {
    return this.#summary;
  }

  /** The bytes, once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    if (this.#isBegun || this.#isClosed)
      throw new QuorateError({
        code: 'closed',
        message: 'a backup is read once, and this one was; begin another',
        data: { what: 'backup' },
      });
    this.#isBegun = true;
    const { source, proof, signal } = this.#parts;
    try {
      yield source.firstFrame;
      while (this.#summary === undefined) {
        signal?.throwIfAborted();
        const frame = await this.#next();
        const part = proof.accept(frame);
        if (part.kind === 'end') this.#summary = part.summary;
        yield frame;
      }
    } finally {
      this.close();
    }
  }

  /** It is wanted no longer. May be called twice, and need not be where it was read to its end. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#summary === undefined) this.#parts.source.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #next(): Promise<Uint8Array> {
    const { source, signal } = this.#parts;
    while (this.#asked.size < framesAhead) {
      const asked = source.next();
      // Those behind the end, and behind a failure, are refused, and nobody waits for them.
      asked.catch(() => undefined);
      this.#asked.pushBack(asked);
    }
    const frame = this.#asked.popFront() as Promise<Uint8Array>;
    try {
      return await (signal === undefined ? frame : untilAborted(frame, signal));
    } catch (error) {
      throw asLost(error);
    }
  }
}

/** Nothing was changed, whatever happened to the connection. */
function asLost(error: unknown): unknown {
  if (!isQuorateError(error) || error.code !== 'network-failed') return error;
  return new QuorateError({
    code: 'backup-lost',
    message: `the backup was broken off: ${error.message}; begin it again`,
    data: { reason: error.message },
    cause: error,
  });
}
