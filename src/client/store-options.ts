/** What a store is asked, and what it answers, apart from transactions: each option with its default. */
import type { Duration, StandardSchema } from '../base/index.ts';
import type { CallLimits } from './call-limits.ts';
import type { Entry } from './entry.ts';
import type { Bytes, Keys } from './keys.ts';
import type { ReceiptOption } from './receipt.ts';
import type { StoreSession } from './session.ts';
import type { Freshness } from './store-reads.ts';
import type { Added, Appended, GetShape, TransactionResult } from './transaction.ts';

export interface ReadOptions extends CallLimits, Freshness, ReceiptOption {
  /** As of this revision. Default: now. */
  readonly revision?: number;
}

export interface ListOptions extends ReadOptions, GetShape {}

/** One of several lists that are read together. */
export interface ListQuery extends Omit<GetShape, 'revision'> {
  readonly keys: Keys;
}

export interface List {
  readonly entries: readonly Entry[];
  /** True: there is more; `resume` is where it goes on, in the order of keys. */
  readonly more: boolean;
  readonly resume: Uint8Array | undefined;
  /** The store's revision when it was read. */
  readonly revision: number;
}

export interface WriteOptions extends CallLimits, ReceiptOption {
  /** Carries the request out exactly once, whatever happens on the way. Default: once or, where its outcome is unknown, nobody knows. */
  readonly session?: StoreSession;
  /** The write is refused with `fenced` when a holder named here has been superseded. */
  readonly fences?: readonly FenceOption[];
}

/** Shows that the sender holds `key`, of which it became the holder with `token`. */
export interface FenceOption {
  readonly key: Bytes;
  readonly token: number;
  /** True: the key lies in another store; this one then remembers the greatest token that it was shown. Default false. */
  readonly isElsewhere?: boolean;
}

export interface PutOptions extends WriteOptions {
  /** The key vanishes with this lease; a session's number is one. Default: it stays. */
  readonly lease?: number;
  /** True: the key stays with the lease that it has. */
  readonly keepLease?: boolean;
  /** True: the answer brings what the key was before. */
  readonly wantPrevious?: boolean;
}

export interface PutJsonOptions extends PutOptions {
  readonly schema?: StandardSchema<unknown>;
}

export interface PutAnswer {
  readonly revision: number;
  readonly previous: Entry | undefined;
}

export interface AppendOptions extends WriteOptions {
  /** Stands in the key behind the revision. Default: nothing. */
  readonly suffix?: Bytes;
  /** The key vanishes with this lease; a session's number is one. Default: it stays. */
  readonly lease?: number;
}

export interface AppendAnswer extends Appended {
  /** Stands in the key, and is its create revision. */
  readonly revision: number;
}

export interface AddOptions extends WriteOptions {
  /** A sum below this, or above `most`, is refused with `counter-out-of-range`. Default: as wide as can be. */
  readonly least?: number;
  readonly most?: number;
  /** The key vanishes with this lease; a session's number is one. Default: it stays. */
  readonly lease?: number;
  /** True: the key stays with the lease that it has. */
  readonly keepLease?: boolean;
}

export interface AddAnswer extends Added {
  readonly revision: number;
}

export interface DeleteAnswer {
  readonly revision: number;
  /** How many keys were deleted. */
  readonly count: number;
}

export interface TransactionAnswer {
  readonly succeeded: boolean;
  readonly revision: number;
  readonly results: readonly TransactionResult[];
}

export interface WatchOptions {
  readonly signal?: AbortSignal;
  /** The first revision to hear of. Default: the next one. */
  readonly from?: number;
  readonly wantPrevious?: boolean;
  readonly wantProgress?: boolean;
  /**
   * True: where the history that should come next was compacted, the watch does not end with `compacted` but brings
   * everything that is there now as a batch of its own, and goes on from there. Default false.
   */
  readonly resync?: boolean;
  /** True: with `resync`, it begins with such a batch. Default false. */
  readonly startsPresent?: boolean;
}

export interface SessionRequest extends CallLimits {
  /** How long it lives without a sign of life. */
  readonly ttl: Duration;
  /** After which share of that it is renewed: from 0.05 to 0.7. Default a third. */
  readonly renewalShare?: number;
}
