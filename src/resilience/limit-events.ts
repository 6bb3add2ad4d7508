/** What limits tell: bulkheads, adaptive limits and rate limits. */
import type { Priority } from './call.ts';
import type { Told } from './told.ts';

/** `displaced`: a call of a higher priority took its place in the full queue. */
export type BulkheadRefusal = 'full' | 'displaced' | 'queue-timeout';

/** `limit`: as many calls run as its priority may fill. `loop-delay`: this process runs late itself. */
export type ShedReason = 'limit' | 'loop-delay';

export type LimitEvent =
  /** A call waits for its turn. */
  | (Told<'bulkhead-queued', 'bulkhead'> & { readonly priority: Priority; readonly waiting: number })
  | (Told<'bulkhead-refused', 'bulkhead'> & {
      readonly reason: BulkheadRefusal;
      readonly priority: Priority;
      readonly running: number;
      readonly waiting: number;
    })
  /** An adaptive limit has moved; with fractions. */
  | (Told<'limit-changed', 'adaptive-limit'> & { readonly before: number; readonly limit: number })
  | (Told<'load-shed', 'adaptive-limit'> & {
      readonly reason: ShedReason;
      readonly priority: Priority;
      readonly running: number;
      readonly limit: number;
    })
  /** A call waits until the rate allows it, or until its source has answered. */
  | (Told<'rate-queued', 'rate-limit'> & { readonly key: string | undefined; readonly waiting: number })
  | (Told<'rate-limited', 'rate-limit'> & {
      readonly key: string | undefined;
      readonly retryAfterMs: number;
    })
  /** A shared limit goes by its own rule until its source answers again. */
  | (Told<'rate-source-lost', 'rate-limit'> & { readonly error: unknown })
  | Told<'rate-source-found', 'rate-limit'>;
