/** How a member watches over partitions: the choices as data, looked at once and filled. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Access, LosingState } from './partition-state.ts';
import { type CheckedStrategy, checkStrategy, type PartitionStrategy } from './strategy.ts';

export interface PartitionGuardOptions {
  /** The id of this member. */
  readonly self: string;
  /** The same for all members. */
  readonly strategy: PartitionStrategy;
  /** What a losing side does: `read-only` serves reads of what it has, `stop` nothing. Default `read-only`. */
  readonly whenLost?: 'read-only' | 'stop';
  /**
   * What a side may do that would give way, while its view is not at rest and it waits for the verdict: `full` goes on
   * for so long, beside the side that wins; the others refuse at once, also where it was a false alarm. Default `full`.
   */
  readonly whileDeciding?: 'full' | 'read-only' | 'stop';
  /** So long a view must not change before it is judged, or believed to be well again. Default 10 s. */
  readonly stableAfter?: Duration;
  /** A view that has not come to rest after so long is judged as lost. Default: three times `stableAfter`. */
  readonly unstableAfter?: Duration;
  /**
   * So long a member must have been among others, without a loss, before it counts in verdicts: longer by a third than
   * it takes until a newcomer is known to all and a cut to those behind it. Default 3 min.
   */
  readonly settleAfter?: Duration;
  /**
   * A side that goes on gives up those who are lost for so long; members of a side that does not go on count no longer
   * after half of that. At least twice `settleAfter`; not for `lease-majority` and `down-all`. Default `never`.
   */
  readonly forgetLostAfter?: Duration | 'never';
}

/** The same, filled and in milliseconds. */
export interface GuardSettings {
  readonly strategy: CheckedStrategy;
  readonly losingKind: LosingState['kind'];
  readonly whileDeciding: Access;
  readonly stableMs: number;
  readonly unstableMs: number;
  readonly settleMs: number;
  /** Infinite for never. */
  readonly forgetLostMs: number;
  /** Of `lease-majority`. */
  readonly leaseMs: number;
}

export function guardSettings(options: PartitionGuardOptions): GuardSettings {
  const { whenLost = 'read-only', whileDeciding = 'full', stableAfter = '10s', unstableAfter } = options;
  const strategy = checkStrategy(options.strategy);
  if (whenLost !== 'read-only' && whenLost !== 'stop') {
    throw invalidOption('whenLost', whenLost, 'read-only or stop');
  }
  if (!['full', 'read-only', 'stop'].includes(whileDeciding)) {
    throw invalidOption('whileDeciding', whileDeciding, 'full, read-only or stop');
  }
  const stableMs = durationMs(stableAfter, 'stableAfter');
  const unstableMs = durationMs(unstableAfter ?? stableMs * 3, 'unstableAfter');
  if (unstableMs < stableMs) {
    throw invalidOption('unstableAfter', unstableAfter, `at least stableAfter, which is ${stableMs} ms`);
  }
  const settleMs = durationMs(options.settleAfter ?? '3m', 'settleAfter');
  return {
    strategy,
    losingKind: whenLost === 'stop' ? 'down' : 'degraded',
    whileDeciding: whileDeciding === 'stop' ? 'none' : whileDeciding,
    stableMs,
    unstableMs,
    settleMs,
    forgetLostMs: forgetLostMsOf(options.forgetLostAfter ?? 'never', strategy, settleMs),
    leaseMs: leaseMsOf(strategy, unstableMs),
  };
}

function forgetLostMsOf(after: Duration | 'never', { kind }: CheckedStrategy, settleMs: number): number {
  if (after === 'never') return Number.POSITIVE_INFINITY;
  // Whoever forgets the others is whole, and lets the lease go: the others would be given it, and go on as well.
  if (kind === 'lease-majority' || kind === 'down-all') {
    throw invalidOption('forgetLostAfter', after, `never, which is the only choice for ${kind}`);
  }
  const forgetLostMs = durationMs(after, 'forgetLostAfter');
  if (forgetLostMs > 0 && forgetLostMs >= 2 * settleMs) return forgetLostMs;
  throw invalidOption('forgetLostAfter', after, `never, or at least twice settleAfter, ${2 * settleMs} ms`);
}

/** By default a side keeps the lease through a new verdict and two questions that nobody answers. */
function leaseMsOf(strategy: CheckedStrategy, unstableMs: number): number {
  if (strategy.kind !== 'lease-majority') return 0;
  return strategy.leaseMs ?? unstableMs + 2 * strategy.askEveryMs;
}
