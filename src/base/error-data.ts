/**
 * The data that travels with each error code, for programs that look closer than at the code. What a code means
 * stands in the catalogue beside it, `error-codes.ts`.
 */
import type { HistoryFault } from './history-fault.ts';

/** The data that travels with each code. */
export interface ErrorDataByCode {
  'invalid-option': { readonly option: string; readonly value: unknown; readonly expected: string };
  'value-invalid': {
    readonly key: string;
    readonly issues: readonly { readonly message: string; readonly path: string }[];
  };
  'out-of-bounds': {
    readonly what: string;
    readonly offset: number;
    readonly wanted: number;
    readonly available: number;
  };
  'malformed-bytes': { readonly what: string; readonly offset: number };
  'clock-ahead':
    | { readonly clock: 'lamport'; readonly ticksAhead: number; readonly ticksMax: number }
    | { readonly clock: 'hybrid'; readonly aheadMs: number; readonly driftMaxMs: number };
  'malformed-history': { readonly line: number; readonly fault: HistoryFault };
  'unfit-history': { readonly model: string; readonly operation: number; readonly problem: string };
  'queue-full': { readonly queue: string; readonly limit: number };
  overloaded: { readonly waitMs: number; readonly retryAfterMs: number };
  closed: { readonly what: string };
  'disk-failed': { readonly operation: string; readonly path: string; readonly system: string };
  'disk-full': { readonly operation: string; readonly path: string };
  'not-found': { readonly what: string; readonly path: string };
  'already-exists': { readonly what: string; readonly path: string };
  'in-use': { readonly what: string; readonly holder: string };
  'network-failed': { readonly operation: string; readonly address: string; readonly system: string };
  'frame-refused': { readonly reason: string };
  'hello-refused': { readonly reason: string };
  'proposal-lost': { readonly group: number; readonly reason: string };
  'unknown-group': { readonly group: number };
  'directory-damaged': { readonly directory: string; readonly reason: string };
  'deadline-exceeded': {
    readonly milliseconds: number;
    /** By how much this process was late to see that the time was over, where it stood still. */
    readonly lateMs?: number;
  };
  'not-leader': {
    readonly group: number;
    readonly leader: number;
    readonly address?: { readonly host: string; readonly port: number };
  };
  'group-busy': { readonly group: number; readonly what: string; readonly limit: number };
  'command-too-large': { readonly bytes: number; readonly limit: number };
  'change-refused': { readonly group: number; readonly reason: string };
  'member-exists': { readonly member: number; readonly what: string };
  'unknown-member': { readonly member: string };
  'quorum-at-risk': { readonly group: number; readonly member: number; readonly reason: string };
  'not-caught-up': { readonly group: number; readonly member: number };
  'transfer-refused': { readonly group: number; readonly to: number; readonly reason: string };
  'read-lost': { readonly group: number; readonly reason: string };
  'message-refused': { readonly group: number; readonly from: number; readonly reason: string };
  'level-unsupported': { readonly level: number; readonly least: number; readonly most: number };
  'command-unknown': { readonly version: number; readonly kind: number };
  /** `unfit` and `silent`: members that keep it there for longer than a moment, by their release or by not being heard. */
  'level-too-low': {
    readonly group: number;
    readonly needed: number;
    readonly level: number;
    readonly unfit: readonly number[];
    readonly silent: readonly number[];
  };
  'recovery-refused': { readonly problem: string };
  'too-large': { readonly what: string; readonly bytes: number; readonly limit: number };
  'log-failed': { readonly directory: string; readonly cause: string };
  'log-damaged': {
    readonly directory: string;
    readonly segment: number;
    readonly position: number;
    readonly groups: readonly number[];
    readonly mayMissGroups: boolean;
  };
  'backup-damaged': { readonly path: string; readonly problem: string };
  'backup-lost': { readonly reason: string };
  'restore-unfinished': { readonly directory: string };
  'snapshot-damaged': { readonly path: string; readonly problem: string };
  'ordered-store-damaged': { readonly path: string; readonly problem: string };
  'identity-missing': { readonly path: string };
  'identity-mismatch': { readonly path: string; readonly expected: string; readonly found: string };
  'unsupported-format': { readonly path: string; readonly version: number; readonly supported: number };
  compacted: { readonly requested: number; readonly compacted: number };
  'future-revision': { readonly requested: number; readonly current: number };
  fenced: { readonly token: number; readonly current: number };
  'lease-not-found': { readonly lease: number };
  'lease-exists': { readonly lease: number };
  'too-many-leases': { readonly limit: number };
  'lease-full': { readonly lease: number; readonly limit: number };
  'ttl-out-of-range': { readonly ttlMs: number; readonly limitMs: number };
  'session-expired': { readonly session: number | string };
  'session-full': { readonly session: number; readonly limit: number };
  'stale-request': { readonly request: number; readonly acknowledged: number };
  'quota-exceeded': { readonly usedBytes: number; readonly quotaBytes: number };
  'key-too-large': { readonly bytes: number; readonly limit: number };
  'value-too-large': { readonly bytes: number; readonly limit: number };
  'transaction-too-large': { readonly operations: number; readonly limit: number };
  'too-many-keys': { readonly limit: number };
  'duplicate-key': { readonly operation: number };
  'not-a-number': { readonly operation: number };
  'counter-out-of-range': { readonly operation: number; readonly current: number };
  'key-exists': { readonly operation: number };
  'limit-out-of-range': { readonly limit: string; readonly value: number };
  'not-read-only': Readonly<Record<string, never>>;
  unauthenticated: { readonly user: string };
  'permission-denied': { readonly right: string };
  'security-refused': { readonly reason: string };
  'not-for-clients': Readonly<Record<string, never>>;
  'not-watchable': { readonly group: number };
  'state-damaged': { readonly problem: string };
  'service-unknown': { readonly service: string };
  'service-failed': { readonly service: string; readonly reason: string };
  'call-cancelled': Readonly<Record<string, never>>;
  'stream-aborted': { readonly reason: string };
  'package-unavailable': { readonly package: string; readonly reason: string };
  'capability-missing': { readonly engine: string; readonly recipe: string; readonly capability: string };
  'engine-unreachable': { readonly engine: string; readonly address: string };
  'engine-protocol': { readonly engine: string; readonly address: string };
  'engine-too-old': { readonly engine: string; readonly version: string; readonly needed: string };
  'engine-read-only': { readonly engine: string; readonly address: string };
  'engine-full': { readonly engine: string; readonly address: string };
  'engine-unauthenticated': { readonly engine: string; readonly address: string };
  'engine-data-lost': { readonly engine: string; readonly problem: string };
  'engine-failed': { readonly engine: string; readonly reason: string };
  'not-granted': { readonly what: string; readonly waitedMs: number; readonly holder: string };
  'not-held': { readonly what: string; readonly key: string; readonly token: number };
  'counter-bound': {
    readonly counter: string;
    readonly amount: number;
    readonly least: number;
    readonly most: number;
  };
  'settings-differ': { readonly what: string; readonly asked: string; readonly found: string };
  'name-taken': { readonly key: string };
  'rollout-open': { readonly config: string; readonly share: number };
  'rollout-none': { readonly config: string };
  'mode-refused': { readonly what: string; readonly token: number };
  'circuit-open': {
    readonly circuit: string;
    readonly state: 'open' | 'half-open' | 'isolated';
    /** Until it will let a probe through; null while nobody can say. */
    readonly retryAfterMs: number | null;
  };
  'bulkhead-full': { readonly bulkhead: string; readonly running: number; readonly queued: number };
  'load-shed': {
    readonly limiter: string;
    readonly limit: number;
    readonly priority: string;
    readonly retryAfterMs: number;
  };
  'rate-limited': { readonly limiter: string; readonly key: string; readonly retryAfterMs: number };
  'http-status': { readonly status: number; readonly method: string; readonly retryAfterMs?: number };
  'answer-pending': {
    readonly key: string;
    readonly state: 'pending' | 'in-doubt';
    /** Null while asking again would not help. */
    readonly retryAfterMs: number | null;
  };
  'key-reused': { readonly key: string };
  'feature-degraded': { readonly feature: string; readonly level: string; readonly needed: string };
  'no-instance': {
    readonly service: string;
    /** Instances that are registered. */
    readonly known: number;
    /**
     * `not-heard`: nothing is known of the service yet. `none-registered`: it has no instances. Otherwise what all of
     * them are, or `mixed`.
     */
    readonly why:
      | 'not-heard'
      | 'none-registered'
      | 'draining'
      | 'critical'
      | 'ejected'
      | 'circuits-open'
      | 'mixed';
    /** Until one that is set aside comes back; left out where none is. */
    readonly retryAfterMs?: number;
  };
  'not-running': { readonly state: string };
  partitioned: { readonly strategy: string; readonly alive: number; readonly known: number };
  'chaos-injected': { readonly chaos: string; readonly fault: string };
}
