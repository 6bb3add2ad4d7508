/**
 * What can be asked of the store. The same bytes travel from the client through the log to every member; the
 * codec beside this file reads and writes them. A `get` and a transaction that writes nothing may also be
 * read at any member without the log.
 */
import type { Limits } from './limits.ts';
import type { SecurityChange } from './security-format.ts';

/** One key when `end` is absent; otherwise all keys from `start` up to and without `end`, where an empty `end` means no upper bound. */
export interface KeyRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

export interface Command {
  /** Present: the command is carried out once, however often it is sent. */
  readonly session: SessionRequest | undefined;
  /** All must hold, or the command is refused with `fenced`. */
  readonly fences: readonly Fence[];
  readonly body: CommandBody;
}

export interface SessionRequest {
  readonly session: number;
  /** Counts up from 1 and is never used for two different requests. */
  readonly request: number;
  /** The client has the answers up to here, and will not ask for them again. Below `request`. */
  readonly acknowledged: number;
}

/**
 * Shows that the sender still holds what it believes to hold. `here`: `key` lies in this store and must exist
 * with `token` as its create revision. `elsewhere`: the lock `key` lives in another store; the token must not
 * be below the greatest that this store was ever shown for it.
 */
export interface Fence {
  readonly holder: 'here' | 'elsewhere';
  readonly key: Uint8Array;
  readonly token: number;
}

export type CommandBody =
  | Operation
  | Transaction
  | LeaseGrant
  | LeaseKeepAlive
  | LeaseRevoke
  | SessionOpen
  | SessionClose
  | LeaseExpire
  | LeaseCheckpoint
  | Compact
  | Collect
  | Configure
  | Secure
  | ShowSecurity;

export type Operation = Put | Delete | Get | Append | Add;

export function isOperation(body: CommandBody): body is Operation {
  switch (body.kind) {
    case 'put':
    case 'delete':
    case 'get':
    case 'append':
    case 'add':
      return true;
    default:
      return false;
  }
}

export interface Put {
  readonly kind: 'put';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The lease with which the key vanishes; 0 for none. */
  readonly lease: number;
  /** True: the key stays with the lease that it has, and `lease` is ignored. */
  readonly keepLease: boolean;
  readonly wantPrevious: boolean;
}

export interface Delete {
  readonly kind: 'delete';
  readonly range: KeyRange;
  readonly wantPrevious: boolean;
}

export interface Get {
  readonly kind: 'get';
  readonly range: KeyRange;
  /** 0: now. Otherwise as of that revision. */
  readonly revision: number;
  /** Most entries; 0 for no other bound than the size of the reply. */
  readonly limit: number;
  readonly order: 'key' | 'create-revision' | 'modify-revision';
  readonly descending: boolean;
  /** `keys` leaves the values out, `count` tells only how many there are, whatever `limit` says. */
  readonly content: 'entries' | 'keys' | 'count';
}

/**
 * Puts a key that was never there: between prefix and suffix stands where in the order of all changes it came to
 * be, so that the keys of one prefix are in the order in which they were made.
 */
export interface Append {
  readonly kind: 'append';
  /** May be empty, as may the suffix. */
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  readonly value: Uint8Array;
  /** As in a put. */
  readonly lease: number;
}

/**
 * Adds to the whole number that the key's value says in decimal text; an absent key says 0. Where the sum would
 * leave its bounds nothing of the whole command is done.
 */
export interface Add {
  readonly kind: 'add';
  readonly key: Uint8Array;
  /** Like the bounds and the sum, within ±(2^53 - 1). */
  readonly amount: number;
  readonly least: number;
  readonly most: number;
  /** As in a put. */
  readonly lease: number;
  readonly keepLease: boolean;
}

export interface Transaction {
  readonly kind: 'transaction';
  /** `onSuccess` is carried out when all of them hold, `onFailure` when one does not. */
  readonly compares: readonly Compare[];
  readonly onSuccess: readonly Operation[];
  readonly onFailure: readonly Operation[];
}

/**
 * Over a range, a comparison must hold for every key in it. An absent key has 0 for its revisions, version
 * and lease, and no value: a comparison of its value does not hold.
 */
export type Compare =
  | {
      readonly target: 'value';
      readonly range: KeyRange;
      readonly operator: CompareOperator;
      readonly value: Uint8Array;
    }
  | {
      readonly target: 'version' | 'create-revision' | 'modify-revision' | 'lease';
      readonly range: KeyRange;
      readonly operator: CompareOperator;
      readonly number: number;
    }
  | { readonly target: 'exists'; readonly range: KeyRange }
  | { readonly target: 'absent'; readonly range: KeyRange }
  | { readonly target: 'lease-live'; readonly lease: number };

export type CompareOperator = 'equal' | 'unequal' | 'less' | 'greater';

export interface LeaseGrant {
  readonly kind: 'lease-grant';
  /** 0: the store chooses. */
  readonly lease: number;
  readonly ttlMs: number;
  /** The session with which the lease ends; 0 for none. */
  readonly session: number;
}

interface LeaseKeepAlive {
  readonly kind: 'lease-keep-alive';
  readonly lease: number;
}

interface LeaseRevoke {
  readonly kind: 'lease-revoke';
  readonly lease: number;
}

/** A session is a lease that remembers answers: it is kept alive, expires and is checkpointed as one. */
interface SessionOpen {
  readonly kind: 'session-open';
  readonly ttlMs: number;
}

interface SessionClose {
  readonly kind: 'session-close';
  readonly session: number;
}

/** By the leader, whose clock has run out on these leases. A lease renewed since then, seen by its count of renewals, lives on. */
export interface LeaseExpire {
  readonly kind: 'lease-expire';
  readonly leases: readonly { readonly lease: number; readonly renewals: number }[];
}

/** By the leader: how much time these leases have left, so that its successor does not begin anew. */
export interface LeaseCheckpoint {
  readonly kind: 'lease-checkpoint';
  readonly leases: readonly {
    readonly lease: number;
    readonly renewals: number;
    readonly remainingMs: number;
  }[];
}

/** Forgets what only reads below `revision` could see. */
interface Compact {
  readonly kind: 'compact';
  readonly revision: number;
}

/** Frees what a compaction made unreachable sooner than the commands to come would. For a store with few commands, or one over its quota. */
interface Collect {
  readonly kind: 'collect';
  /** How many changes of the past to look at; about a microsecond or two each. */
  readonly events: number;
}

interface Configure {
  readonly kind: 'configure';
  readonly limits: Limits;
}

/** Changes users, roles, or whether they count. */
interface Secure {
  readonly kind: 'security';
  readonly change: SecurityChange;
}

/** Reads users and roles, without passwords. */
interface ShowSecurity {
  readonly kind: 'security-show';
}
