/**
 * What coordination needs of a server, and no more, so that five different servers and our own can give it
 * honestly: items in directories, small transactions, watches that never go silent, and sessions with which items
 * vanish. Recipes are written once above this.
 *
 * The alternative was our own store's interface, emulated elsewhere. But conditions over ranges, history and values
 * are what no other server has, and an emulation would have to weaken or to lock; whoever wants them uses a store.
 *
 * An item lies in a directory under a name. A directory in which there are items has no directories in it. Both are
 * made by their first item and need no making.
 */
import type { Duration } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import type { Capability, CapabilityNotes, Provides } from './capabilities.ts';

export type EngineKind = 'quorate' | 'etcd' | 'zookeeper' | 'redis' | 'postgres' | 'nats';

/** How long a call may take. The signal's reason, or `deadline-exceeded`, rejects it; its outcome may be unknown. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Default: what the engine was opened with. */
  readonly deadline?: Duration;
}

export interface Item {
  /** `directory/name`, as it was given. */
  readonly key: string;
  readonly value: Uint8Array;
  /**
   * When it came to be: larger than that of every item of this directory that was created before it, also of those
   * that are gone, across restarts and failover as far as the engine survives them. A fencing token. Counted by
   * server, by database or by directory: only numbers of one directory can be compared.
   */
  readonly created: number;
  /** Another number with each change. Equal: the same value, unless it was deleted and made anew. */
  readonly modified: number;
  /** The session with which it vanishes. */
  readonly session: string | undefined;
}

/** A place in the order of changes, understood by the engine that gave it and by nobody else. */
export type Mark = string;

export interface Listing {
  readonly items: readonly Item[];
  /** A watch from here hears of every change after this listing. Absent without the capability `watch-resume`. */
  readonly mark: Mark | undefined;
}

export interface ListOptions extends CallOptions {
  /** Oldest first by default. Only those whose `created` is less than that of this item, which need not exist any more. */
  readonly before?: { readonly key: string; readonly created: number };
  readonly descending?: boolean;
  /** Most items, at least 1, counted after `before` and in the order asked for. Default: all, up to the engine's own limit, beyond which the call is refused. */
  readonly limit?: number;
  /**
   * What was true at this mark, or at any time since, is enough: for who looks again because a watch told him to. It
   * may be answered by a server that lags behind others. Default: nothing that was acknowledged before is missing.
   */
  readonly since?: Mark;
  /** True: values are empty and `modified` and `session` may be unknown (0, undefined), where that is cheaper. */
  readonly keysOnly?: boolean;
}

export type Condition =
  | { readonly key: string; readonly is: 'absent' | 'present' }
  /** Present, and the same item that was created then. */
  | { readonly key: string; readonly is: 'created'; readonly created: number }
  /** Present, and not changed since then. */
  | { readonly key: string; readonly is: 'unchanged'; readonly modified: number };

export type Operation =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: Uint8Array;
      /** With which it vanishes. Absent: it stays, also when it belonged to a session before. */
      readonly session?: EngineSession;
    }
  | { readonly kind: 'delete'; readonly key: string }
  /**
   * Makes an item under a name that was never there before. The same `id` in the same directory makes one item, however
   * often the engine has to send it, and however often it is asked for again by who has not heard what became of it:
   * the engine itself finds out.
   */
  | {
      readonly kind: 'append';
      readonly directory: string;
      /** Lower case letters; in the name, so that who lists keys only can tell kinds apart. */
      readonly label: string;
      /** Random, 8 to 40 letters and digits; in the name. */
      readonly id: string;
      readonly value: Uint8Array;
      readonly session?: EngineSession;
    }
  /** Adds to a counter, whose value is a whole number as decimal text; absent counts as 0. The item stays. */
  | {
      readonly kind: 'add';
      readonly key: string;
      /** Whole, and so is the sum, within ±(2⁵³ − 1). */
      readonly amount: number;
      /** Where the sum would leave these bounds, nothing is done and the answer is `bound`. */
      readonly least?: number;
      readonly most?: number;
    };

/** Shows that its sender still holds `key`, which was created with this token. */
export interface Fence {
  readonly key: string;
  readonly token: number;
}

export interface TransactRequest extends CallOptions {
  /** All must hold. */
  readonly when?: readonly Condition[];
  /** Each must be the token of its key, or the call rejects with `fenced`. Needs the capability `fencing`. */
  readonly fences?: readonly Fence[];
  /** No key twice. Without the capability `transactions`: one operation, and conditions about its key only. */
  readonly operations: readonly Operation[];
}

export type OperationResult =
  | { readonly kind: 'put'; readonly created: number; readonly modified: number }
  | { readonly kind: 'delete'; readonly existed: boolean }
  | { readonly kind: 'append'; readonly key: string; readonly created: number }
  | { readonly kind: 'add'; readonly before: number; readonly after: number };

export type TransactAnswer =
  | {
      readonly succeeded: true;
      readonly results: readonly OperationResult[];
      readonly mark: Mark | undefined;
    }
  /** Nothing was done: a condition did not hold, or a sum would have left its bounds. */
  | { readonly succeeded: false; readonly reason: 'condition' | 'bound' };

export type WatchEvent =
  | { readonly kind: 'put'; readonly key: string; readonly item: Item }
  /** `expired`: with its session. An engine without `expiry-events` says `deleted` of both. */
  | { readonly kind: 'deleted' | 'expired'; readonly key: string };

export type WatchBatch =
  /**
   * Everything that is there: how a watch begins that was given no mark, and how it goes on where changes may have
   * been missed. What was there before, and is not in it, is gone. Oldest first.
   */
  | { readonly kind: 'present'; readonly items: readonly Item[]; readonly mark: Mark | undefined }
  /** In the order in which they happened; those of one transaction together. */
  | { readonly kind: 'changes'; readonly events: readonly WatchEvent[]; readonly mark: Mark | undefined };

export type WatchTarget = { readonly directory: string } | { readonly key: string };

export interface WatchOptions {
  /** Ends it; who waits for the next batch hears the reason. */
  readonly signal?: AbortSignal;
  /** Go on behind this mark. Where that is impossible, it begins with `present`. */
  readonly from?: Mark;
}

/**
 * Never silent: it takes itself up again after every loss, and where the server is away for good it waits, as long as
 * its reader does. It ends by `return()`, by its signal, with the engine, or with an error that trying again would
 * not mend. A reader that is slow costs a bounded amount of memory, and then hears `present`.
 */
export interface Watch extends AsyncIterableIterator<WatchBatch, undefined>, AsyncDisposable {
  return(): Promise<IteratorReturnResult<undefined>>;
}

/**
 * `connected` at first. `suspended`: the server does not answer, and the session may end unheard. `reconnected`: it
 * answered in time and nothing was lost. `lost`: it is over, for good.
 */
export type SessionState = 'connected' | 'suspended' | 'reconnected' | 'lost';

/** A life line: kept alive by itself while this process lives and reaches the server; its items vanish with it. */
export interface EngineSession extends AsyncDisposable {
  readonly id: string;
  /** What the server was asked for, and promises: no expiry before so long after a renewal. */
  readonly ttlMs: number;
  /** False: its items may be gone. By the clock and not by a timer, so a process that stood still knows at once. */
  readonly isLive: boolean;
  readonly remainingMs: number;
  readonly state: SessionState;
  /** Aborts when it is over, before the server lets anybody else have what it held; with `session-expired`. */
  readonly over: AbortSignal;
  /** Hears of each change of state, until the function that it returns is called. */
  subscribe(listener: (state: SessionState) => void): () => void;
  /**
   * Its items vanish now. May be called twice; where the server does not answer it settles when a call would, and at
   * the latest when the server would have let it expire.
   */
  close(): Promise<void>;
}

export interface SessionOptions extends CallOptions {
  /** Refused with `ttl-out-of-range` outside of the engine's limits. */
  readonly ttlMs: number;
  /** When it is renewed, as a share of its time to live, from 0.05 to 0.7. Default a third. */
  readonly renewalShare?: number;
}

export interface EngineLimits {
  readonly ttlMsMin: number;
  readonly ttlMsMax: number;
  readonly valueBytesMax: number;
  /** Of a whole key in UTF-8. */
  readonly keyBytesMax: number;
}

export interface Engine<in C extends Capability = never> extends AsyncDisposable {
  readonly kind: EngineKind;
  readonly provides: Provides<C>;
  /** What stands behind a capability, or in its way: told with a refusal. */
  readonly notes?: CapabilityNotes;
  readonly limits: EngineLimits;
  /** Time and chance for the recipes above, so that they run wherever the engine runs. */
  readonly clock: Clock;
  readonly random: Random;
  get(key: string, options?: CallOptions): Promise<Item | undefined>;
  list(directory: string, options?: ListOptions): Promise<Listing>;
  transact(request: TransactRequest): Promise<TransactAnswer>;
  watch(target: WatchTarget, options?: WatchOptions): Watch;
  session(options: SessionOptions): Promise<EngineSession>;
  /** Ends watches, sessions and connections; what waits rejects with `closed`. May be called twice. */
  close(): Promise<void>;
}
